/** The entry that stands for every address on the link that is not known. */
const ANY = '00:00:00:00:00:00';

/** An entry of a forwarding table as `bridge -json fdb show` shows it. */
export interface ForwardingEntry {
  readonly mac: string;
  readonly ifname?: string;
  readonly dst?: string;
}

/**
 * What `bridge` has to do so that a tunnel's end knows the other hosts. What is for all, or for a card that is not known
 * yet, is sent to each of them; where a card is, the end learns from what comes from there.
 */
export function peerChanges(device: string, peers: readonly string[], entries: readonly ForwardingEntry[]): string[] {
  const has = new Set(entries.flatMap(({ mac, dst }) => (mac === ANY && dst !== undefined ? [dst] : [])));
  const wanted = new Set(peers);
  return [
    // Also what was learned from a host that has left: it would be sent there until it is forgotten, after five minutes.
    ...entries.flatMap(({ mac, dst }) =>
      dst === undefined || wanted.has(dst) ? [] : [`fdb delete ${mac} dev ${device} dst ${dst}`],
    ),
    ...[...wanted].filter((peer) => !has.has(peer)).map((peer) => `fdb append ${ANY} dev ${device} dst ${peer}`),
  ];
}
