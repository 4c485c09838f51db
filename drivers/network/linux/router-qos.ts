import type { AddressLimits } from '../state.js';
import { run } from './commands.js';
import { burstOf, handleOf, policed, type Qdisc } from './qos.js';
import { v4 } from './router-nat.js';

/**
 * Rules that cut what comes for an address faster than its limit, as Neutron's agent does (neutron/agent/linux/l3_tc_lib.py).
 * They are looked at before addresses are translated.
 * @param link the gateway's card
 */
export const limitRules = (limits: readonly AddressLimits[], link: string | undefined): string[] =>
  limits.flatMap(({ address, ingressKbps, ingressBurstKb }) =>
    ingressKbps === undefined || link === undefined
      ? []
      : [`iifname "${link}" ip daddr ${v4(address)} ${policed(ingressKbps, ingressBurstKb)}`],
  );

/** What shapes that which leaves by the gateway's card: one class for each address that has a limit. */
export interface ShapePlan {
  readonly link: string;
  readonly classes: readonly { readonly address: string; readonly kbps: number; readonly burst: number }[];
}

/** @throws DriverError (input) for what is no address */
export function planShapes(limits: readonly AddressLimits[], link: string | undefined): ShapePlan | undefined {
  if (link === undefined) return undefined;
  return {
    link,
    classes: limits.flatMap(({ address, egressKbps: kbps, egressBurstKb }) =>
      kbps === undefined ? [] : [{ address: v4(address), kbps, burst: burstOf(kbps, egressBurstKb) }],
    ),
  };
}

/** Brings the card, which is there, to shape what it is to. @returns what had to be done */
export async function applyShapes(namespace: string, { link, classes }: ShapePlan): Promise<string[]> {
  const changes = shapeChanges(link, classes, await qdiscsOf(namespace, link));
  if (changes.length > 0) await run('tc', ['-n', namespace, '-batch', '-'], `${changes.join('\n')}\n`);
  return changes;
}

const qdiscsOf = async (namespace: string, link: string): Promise<Qdisc[]> =>
  JSON.parse(await run('tc', ['-n', namespace, '-json', 'qdisc', 'show', 'dev', link])) as Qdisc[];

function shapeChanges(link: string, classes: ShapePlan['classes'], qdiscs: readonly Qdisc[]): string[] {
  const found = qdiscs.find(({ root, kind }) => root === true && kind === 'htb');
  const removal = found ? [`qdisc delete dev ${link} root`] : [];
  if (classes.length === 0) return removal;
  const handle = handleOf(JSON.stringify(classes));
  if (found?.handle === handle) return [];
  return [
    ...removal,
    // What no filter finds a class for is not shaped.
    `qdisc add dev ${link} root handle ${handle} htb default 0`,
    ...classes.flatMap(({ address, kbps, burst }, index) => {
      const id = `${handle}${(index + 1).toString(16)}`;
      return [
        `class add dev ${link} parent ${handle} classid ${id} htb rate ${kbps}kbit ceil ${kbps}kbit burst ${burst} cburst ${burst}`,
        `filter add dev ${link} parent ${handle} protocol ip prio 1 u32 match ip src ${address}/32 flowid ${id}`,
      ];
    }),
  ];
}
