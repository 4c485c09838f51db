import { createHash } from 'node:crypto';
import type { PortQos } from '../state.js';

/** A queueing discipline as `tc -json qdisc show` shows it. */
export interface Qdisc {
  readonly kind: string;
  readonly handle: string;
  readonly dev: string;
  readonly root?: boolean;
}

/**
 * What `tc` has to do so that no more than the limit goes into a guest. It is shaped, as by Neutron (tc_lib.py); what comes
 * out of a guest is policed by the firewall, since this direction has no queue of the host's.
 */
export function qosChanges(tap: string, qos: PortQos | null, qdiscs: readonly Qdisc[]): string[] {
  const found = qdiscs.find(({ dev, root, kind }) => dev === tap && root === true && kind === 'htb');
  const kbps = qos?.ingressKbps;
  if (kbps === undefined) return found ? [`qdisc delete dev ${tap} root`] : [];
  const burst = burstOf(kbps, qos?.ingressBurstKb);
  const handle = handleOf(`${kbps} ${burst}`);
  if (found?.handle === handle) return [];
  return [
    ...(found ? [`qdisc delete dev ${tap} root`] : []),
    `qdisc add dev ${tap} root handle ${handle} htb default 1`,
    `class add dev ${tap} parent ${handle} classid ${handle}1 htb rate ${kbps}kbit ceil ${kbps}kbit burst ${burst} cburst ${burst}`,
  ];
}

/** One packet has to fit. */
const MINIMUM_BURST = 1600;

/**
 * A burst in bytes. Without one of its own Neutron takes 80 % of a second's rate, which TCP needs to reach the limit.
 * @param kbps @param kilobits of the burst
 */
export const burstOf = (kbps: number, kilobits: number = kbps * 0.8): number =>
  Math.max(MINIMUM_BURST, Math.round((kilobits * 1000) / 8));

/**
 * The part of a rule that drops what comes faster. nftables has a whole second's rate at once beside its burst, so of the
 * burst that is meant only what is beyond that is said; what is meant and shorter becomes a second.
 */
export function policed(kbps: number, kilobits?: number): string {
  const rate = Math.max(1, Math.round((kbps * 1000) / 8));
  const more = burstOf(kbps, kilobits) - rate;
  return `limit rate over ${rate} bytes/second${more > 0 ? ` burst ${more} bytes` : ''} drop`;
}

/** The limits as the discipline's handle: what is there tells so what it does. */
export const handleOf = (limits: string): string =>
  `${((createHash('sha256').update(limits).digest().readUInt16BE(0) & 0x7fff) | 0x10).toString(16)}:`;
