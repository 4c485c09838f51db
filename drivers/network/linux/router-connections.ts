import { CommandError, runIn } from './commands.js';

/**
 * What connections a change of a router's rules has to end, as arguments of `conntrack --delete`: Linux looks the rules up
 * for the first packet of a connection only, so one that a floating address had would go on after it.
 * @param before the table as nft listed it; '' for none
 */
export function endedConnections(before: string, after: string): string[][] {
  const changed = differences(pairsOf(before), pairsOf(after)).map((pair) => pair.split(' ')[0] ?? '');
  const forwardings = differences(linesOf(before, FORWARDING), linesOf(after, FORWARDING)).flatMap((line) => {
    const [, address = '', protocol = '', ports = ''] = FORWARDING.exec(line) ?? [];
    // conntrack takes one port: of a range all connections end that the address has by this protocol.
    const port = ports.includes('-') ? [] : ['--orig-port-dst', ports];
    return [['--proto', protocol, '--orig-dst', address, ...port]];
  });
  const sources = linesOf(before, SOURCE).filter((line) => !linesOf(after, SOURCE).includes(line));
  return [
    ...[...new Set(changed)].flatMap((address) => [
      ['--orig-dst', address],
      ['--reply-dst', address],
    ]),
    ...forwardings,
    ...sources.map((line) => ['--reply-dst', SOURCE.exec(line)?.[1] ?? '']),
  ];
}

/** Ends them. None is fine. */
export async function endConnections(namespace: string, connections: readonly (readonly string[])[]): Promise<void> {
  for (const which of connections)
    await runIn(namespace, 'conntrack', ['--delete', ...which]).catch((error: unknown) => {
      if (!(error instanceof CommandError && error.stderr.includes('0 flow entries'))) throw error;
    });
}

const FORWARDING = /ip daddr ([\d.]+) (\w+) dport ([\d-]+) dnat /;
const SOURCE = /oifname "\S+" snat ip to ([\d.]+)/;
const PAIR = /([\d.]+) : ([\d.]+)/g;

const linesOf = (listing: string, pattern: RegExp): string[] =>
  listing
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => pattern.test(line));

/** The entries of the map floating_in. */
function pairsOf(listing: string): string[] {
  const [, body = ''] = /map floating_in \{([^}]*)/.exec(listing) ?? [];
  return [...body.matchAll(PAIR)].map(([, floating, fixed]) => `${floating} ${fixed}`);
}

const differences = (a: readonly string[], b: readonly string[]): string[] => [
  ...a.filter((each) => !b.includes(each)),
  ...b.filter((each) => !a.includes(each)),
];
