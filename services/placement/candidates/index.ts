import type { Statements } from '../../kernel/sql.js';
import type { Resources } from '../allocations.js';
import { Forest, checkNamed, type Provider } from './forest.js';
import type { CandidatesRequest, Group } from './request.js';
import { haveTogether, slotsByTree, type Slot } from './slots.js';

export type { CandidatesRequest, Group };

/** One way to allocate all that is asked for: a body for PUT /allocations. */
export interface Candidate {
  /** By provider. */
  readonly allocations: ReadonlyMap<string, Resources>;
  /** The providers of each group, by its suffix. */
  readonly mappings: ReadonlyMap<string, readonly string[]>;
}
/** The ways to allocate a request, and the providers of the trees that they are of. */
export interface Candidates {
  readonly requests: readonly Candidate[];
  readonly providers: readonly Provider[];
}

/**
 * How many choices are tried for one request. Each group more multiplies them, and they are tried in one go, in which the
 * api answers nobody else: for so many it takes a fraction of a second. Placement advises a bound of this size
 * (placement.conf: max_allocation_candidates). What was found until then is answered, of each tree as much.
 */
const MOST_TRIES = 100_000;

/**
 * Where what a request asks for could be allocated (placement/objects/allocation_candidate.py): two statements, however
 * many groups it has. @throws 400 for a class or a trait that is not there
 */
export async function allocationCandidates(sql: Statements, request: CandidatesRequest): Promise<Candidates> {
  await checkNamed(sql, request);
  const forest = await Forest.read(sql, request);
  const requests: Candidate[] = [];
  const used = new Set<Provider>();
  const seen = new Set<string>();
  for (const { slots, chosen } of choicesOf(slotsByTree(forest, request), request)) {
    // Of shared providers alone it is the same from whichever tree.
    const key = chosen.map(({ id }) => id).join();
    if (seen.has(key) || !isGood(forest, request, slots, chosen)) continue;
    seen.add(key);
    requests.push(candidateOf(slots, chosen));
    for (const [i, { resources }] of slots.entries()) if (Object.keys(resources).length > 0) used.add(chosen[i]!);
    if (requests.length === request.limit) break;
  }
  const trees = new Set([...used].map(({ root }) => root));
  const providers = forest.providers.filter((one) => (request.nested ? trees.has(one.root) : used.has(one)));
  return { requests, providers };
}

interface Choice {
  readonly slots: readonly Slot[];
  /** A provider for each slot. */
  readonly chosen: readonly Provider[];
}

/** All choices, one of each tree in turn. */
function* choicesOf(trees: readonly (readonly Slot[])[], request: CandidatesRequest): Generator<Choice> {
  const budget = { tries: MOST_TRIES };
  let left = trees.map((slots) => ({ slots, choices: choose(slots, request, budget, []) }));
  while (left.length > 0) {
    const going: typeof left = [];
    for (const one of left) {
      const next = one.choices.next();
      if (next.done) continue;
      yield { slots: one.slots, chosen: next.value };
      going.push(one);
    }
    left = going;
  }
}

/** Chooses a provider for each slot, and gives up early what cannot become good. */
function* choose(
  slots: readonly Slot[],
  request: CandidatesRequest,
  budget: { tries: number },
  chosen: readonly Provider[],
): Generator<readonly Provider[]> {
  const slot = slots[chosen.length];
  if (slot === undefined) {
    yield chosen;
    return;
  }
  for (const provider of slot.providers) {
    if (budget.tries-- <= 0) return;
    const more = [...chosen, provider];
    if (request.isolate && slot.group.suffix !== '' && isTaken(slots, more)) continue;
    if (hasRoom(slots, more)) yield* choose(slots, request, budget, more);
  }
}

/** Whether the last provider is already that of another group of one provider. */
const isTaken = (slots: readonly Slot[], chosen: readonly Provider[]): boolean =>
  chosen.slice(0, -1).some((one, i) => slots[i]!.group.suffix !== '' && one === chosen.at(-1));

/** Whether the last provider has room for all that is to be of it together. */
function hasRoom(slots: readonly Slot[], chosen: readonly Provider[]): boolean {
  const last = chosen.at(-1)!;
  const sums: Record<string, number> = {};
  for (const [i, provider] of chosen.entries())
    if (provider === last)
      for (const [name, amount] of Object.entries(slots[i]!.resources)) sums[name] = (sums[name] ?? 0) + amount;
  return Object.entries(sums).every(([name, amount]) => {
    const { used, capacity, maxUnit } = last.classes[name]!;
    return used + amount <= capacity && amount <= maxUnit;
  });
}

/** What can only be said of a whole choice. */
function isGood(
  forest: Forest,
  { nested, groups, sameSubtrees }: CandidatesRequest,
  slots: readonly Slot[],
  chosen: readonly Provider[],
): boolean {
  const of = (suffixes: readonly string[]): Provider[] =>
    chosen.filter((_, i) => suffixes.includes(slots[i]!.group.suffix));
  const spread = groups.find(({ suffix }) => suffix === '');
  if (spread !== undefined && !haveTogether(spread, of(['']))) return false;
  if (!nested) {
    const distinct = new Set(chosen);
    if (new Set([...distinct].map(({ root }) => root)).size < distinct.size) return false;
  }
  return sameSubtrees.every((suffixes) => {
    const providers = of(suffixes);
    return providers.some(({ id }) => providers.every((other) => forest.isAbove(id, other)));
  });
}

function candidateOf(slots: readonly Slot[], chosen: readonly Provider[]): Candidate {
  const allocations = new Map<string, Record<string, number>>();
  const mappings = new Map<string, string[]>();
  for (const [i, { id }] of chosen.entries()) {
    const { group, resources } = slots[i]!;
    mappings.set(group.suffix, [...new Set([...(mappings.get(group.suffix) ?? []), id])]);
    const amounts = allocations.get(id) ?? {};
    for (const [name, amount] of Object.entries(resources)) {
      amounts[name] = (amounts[name] ?? 0) + amount;
      allocations.set(id, amounts);
    }
  }
  return { allocations, mappings };
}
