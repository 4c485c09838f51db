import { formatAddress, parseRange, type Range } from '../ipam.js';

/** Sets of addresses, as lists of CIDRs of one IP version, and what netaddr's IPSet does with them in Neutron. */
interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** Spans in their order, none of which touches another. */
function spansOf(cidrs: readonly string[]): Span[] {
  const spans: { first: bigint; last: bigint }[] = [];
  const ranges = cidrs.map((cidr) => parseRange(cidr, 'prefixes'));
  for (const { first, last } of ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = spans.at(-1);
    if (before === undefined || first > before.last + 1n) spans.push({ first, last });
    else if (last > before.last) before.last = last;
  }
  return spans;
}

/** The fewest CIDRs that are exactly the spans. */
function cidrsOf(spans: readonly Span[], version: number): string[] {
  const bits = version === 4 ? 32 : 128;
  const cidrs: string[] = [];
  for (const { first, last } of spans)
    for (let at = first; at <= last;) {
      let wild = 0;
      // The next larger block begins at the same address and ends within the span.
      while (wild < bits && at % (1n << BigInt(wild + 1)) === 0n && at + (1n << BigInt(wild + 1)) - 1n <= last) wild++;
      cidrs.push(`${formatAddress(at, version)}/${bits - wild}`);
      at += 1n << BigInt(wild);
    }
  return cidrs;
}

const versionOf = (cidrs: readonly string[]): number => (cidrs.length === 0 ? 4 : parseRange(cidrs[0]!).version);

/** The same addresses in as few CIDRs as can be, in their order. */
export const merged = (cidrs: readonly string[]): string[] => cidrsOf(spansOf(cidrs), versionOf(cidrs));

/** Those of the first that the second has not. */
export function without(cidrs: readonly string[], taken: readonly string[]): string[] {
  const left: Span[] = [];
  const away = spansOf(taken);
  for (const { first, last } of spansOf(cidrs)) {
    let at = first;
    for (const one of away) {
      if (one.last < at || one.first > last) continue;
      if (one.first > at) left.push({ first: at, last: one.first - 1n });
      at = one.last + 1n;
    }
    if (at <= last) left.push({ first: at, last });
  }
  return cidrsOf(left, versionOf(cidrs));
}

/** Whether the two have an address in common. */
export const meet = (a: readonly string[], b: readonly string[]): boolean => {
  const others = spansOf(b);
  return spansOf(a).some(({ first, last }) => others.some((one) => one.first <= last && first <= one.last));
};

/** Whether the second has all addresses of the first. */
export const within = (inner: readonly string[], outer: readonly string[]): boolean => {
  const spans = spansOf(outer);
  return spansOf(inner).every(({ first, last }) => spans.some((one) => one.first <= first && last <= one.last));
};

/**
 * The first range of a length in the smallest free block that has room for it, so that large blocks stay whole
 * (neutron/ipam/subnet_alloc.py: _get_available_prefix_list). Undefined where no block has.
 */
export function firstFree(prefixes: readonly string[], taken: readonly string[], length: number): string | undefined {
  const blocks = without(prefixes, taken).map((cidr) => parseRange(cidr));
  const fits = (block: Range): boolean => block.prefix <= length;
  const block = blocks.filter(fits).toSorted((a, b) => b.prefix - a.prefix)[0];
  return block === undefined ? undefined : `${formatAddress(block.first, block.version)}/${length}`;
}
