import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CardRecords } from '../cards.js';
import { isId } from '../../names.js';
import { OneByOne } from '../../one-by-one.js';
import type { PartReport } from '../state.js';
import { ip, nft, run, runIn } from './commands.js';
import { Dnsmasq } from './dnsmasq.js';
import { ADD_BRIDGE, linkChanges, makeVxlan, straysOf, vxlanIsThere } from './links.js';
import { namespaceExists, namespaceOf, type Namespaces } from './namespaces.js';
import { isTap, tapOf, vxlanOf } from './names.js';
import { BRIDGE } from './pairs.js';
import { BRIDGE_SETTINGS, SETTINGS, areSet, observe, type Observed } from './observe.js';
import { peerChanges } from './peers.js';
import type { NetworkPlan } from './plan.js';
import { qosChanges } from './qos.js';

/** What was made of a network's plan. */
interface Made {
  /** The rules that were loaded, and as nft listed them then: whoever changes them is found out. */
  readonly loaded: string;
  readonly listed: string;
  readonly taps: ReadonlySet<string>;
}

/** The namespaces of networks: one way of making them, for what is new, for what has changed, and for what was broken. */
export class Networks {
  private readonly turns = new OneByOne();
  private readonly made = new Map<string, Made>();
  /** How the files of each network's dnsmasq looked when they were right. */
  private readonly files = new Map<string, string>();

  /**
   * @param namespaces of this cloud
   * @param folder where dnsmasq's files are
   * @param cards that are plugged on this machine
   */
  constructor(
    private readonly namespaces: Namespaces,
    private readonly folder: string,
    private readonly cards: CardRecords,
  ) {}

  /**
   * Makes the network as planned. Where it is so already it only looks.
   * @param withDhcp false where nothing of DHCP has changed, and it is known to run
   * @returns what had to be done, in words for an operator
   */
  make(plan: NetworkPlan, withDhcp = true): Promise<string[]> {
    return this.turns.run(plan.id, async () => {
      const did: string[] = [];
      await this.makeNamespace(plan, did);
      let found = await observe(plan.namespace);
      await this.makeBridge(plan, found, did);
      if (plan.links.vxlan !== null && !vxlanIsThere(plan.links.vxlan, found.links)) {
        await makeVxlan(plan.namespace, plan.links.vxlan, found.links);
        did.push(`link add ${plan.links.vxlan.name}`);
        found = await observe(plan.namespace);
      }
      // The rules come first: no port is ever on the bridge without its own.
      const listed = await this.load(plan, found, did);
      await this.change(plan, found, did);
      const there = found.links.filter(({ ifname }) => isTap(ifname)).map(({ ifname }) => ifname);
      this.made.set(plan.id, { loaded: plan.rules, listed, taps: new Set(there) });
      if (withDhcp) await this.serve(plan, did);
      return did;
    });
  }

  /** Whether all that can be looked at without a process is as it is to be. */
  async looksRight(plan: NetworkPlan): Promise<boolean> {
    if (!(await namespaceExists(plan.namespace))) return false;
    if (plan.dhcp === undefined) return true;
    const dnsmasq = this.dnsmasq(plan.id);
    return (await dnsmasq.runs()) && (await dnsmasq.look()) === this.files.get(plan.id);
  }

  /** Removes what is of this cloud and in no plan. One whose network has a card on this machine stays. */
  async removeOthers(wanted: ReadonlySet<string>): Promise<void> {
    if ((await this.ids()).every((id) => wanted.has(id))) return;
    const inUse = (await this.cards.list()).map(({ networkId }) => networkId);
    await this.removeAllBut(new Set([...wanted, ...inUse]));
  }

  /** Removes all namespaces of this cloud's networks but these, with what is in them. */
  async removeAllBut(kept: ReadonlySet<string>): Promise<void> {
    for (const id of await this.ids()) {
      if (kept.has(id)) continue;
      await this.turns.run(id, async () => {
        await this.dnsmasq(id).remove();
        // Who made it may have been killed before it was moved.
        if (await isHere(vxlanOf(id))) await ip('', [`link delete dev ${vxlanOf(id)}`]);
        await this.namespaces.remove(namespaceOf('nvn', id));
      });
      this.made.delete(id);
      this.files.delete(id);
    }
  }

  /** All that this cloud has something of here, by the files that name its namespaces and by those of dnsmasq. */
  private async ids(): Promise<string[]> {
    const served = (await readdir(this.folder).catch(() => [])).filter(isId);
    return [...new Set([...(await this.namespaces.list('nvn')), ...served])];
  }

  /** Moves the card's tap, which QEMU has opened, out of the host's own namespace into its network's. */
  async take(plan: NetworkPlan, portId: string): Promise<void> {
    const tap = tapOf(portId);
    // The network may have lost its namespace since it was made.
    if (!(await namespaceExists(plan.namespace))) await this.make(plan);
    if (await isHere(tap)) await ip('', [`link set dev ${tap} netns ${plan.namespace}`]);
    await this.make(plan, false);
  }

  /** How each port of the network is. @param plugged ids of the ports whose cards are plugged here */
  report(plan: NetworkPlan, plugged: ReadonlySet<string>): PartReport[] {
    const made = this.made.get(plan.id);
    return plan.ports.map(({ id }) => {
      const up = made?.taps.has(tapOf(id)) === true;
      return { id, up, error: up || !plugged.has(id) ? null : NOT_CONNECTED };
    });
  }

  private async makeNamespace(plan: NetworkPlan, did: string[]): Promise<void> {
    if (await namespaceExists(plan.namespace)) {
      // Who made it may have been killed before it was ready.
      if (!this.made.has(plan.id)) did.push(...(await this.namespaces.make(plan.namespace, SETTINGS)));
      return;
    }
    const pid = await this.dnsmasq(plan.id).pid();
    // It has lost its name only: whoever runs in it keeps it, with its bridge and taps.
    if (pid !== undefined) {
      const named = await run('ip', ['netns', 'attach', plan.namespace, String(pid)]).then(
        () => true,
        () => false,
      );
      if (named) did.push(`name of namespace ${plan.namespace}`);
      if (named) return;
    }
    await this.namespaces.make(plan.namespace, SETTINGS);
    this.made.delete(plan.id);
    did.push(`namespace ${plan.namespace}`);
  }

  /** The bridge with its MTU, which has to have room for IPv6 before there are settings of that, and its settings. */
  private async makeBridge({ namespace, links }: NetworkPlan, found: Observed, did: string[]): Promise<void> {
    const bridge = found.links.find(({ ifname }) => ifname === BRIDGE);
    const changes = [
      ...(bridge ? [] : [ADD_BRIDGE]),
      ...(bridge?.mtu === links.mtu ? [] : [`link set dev ${BRIDGE} mtu ${links.mtu}`]),
    ];
    await ip(namespace, changes);
    did.push(...changes);
    if (areSet(found.settings, links.mtu)) return;
    await runIn(namespace, 'sysctl', ['-e', '-q', '-w', ...BRIDGE_SETTINGS]);
    did.push('settings of its namespace');
  }

  /** @returns the rules as nft lists them */
  private async load(plan: NetworkPlan, found: Observed, did: string[]): Promise<string> {
    const made = this.made.get(plan.id);
    if (made?.loaded === plan.rules && made.listed === found.rules) return made.listed;
    await nft(plan.namespace, plan.rules);
    did.push('rules');
    return (await observe(plan.namespace)).rules;
  }

  private async change(plan: NetworkPlan, { links, entries, qdiscs }: Observed, did: string[]): Promise<void> {
    const { namespace, peers, ports } = plan;
    const there = new Set(links.map(({ ifname }) => ifname));
    // The cards are looked through only where there is a link that nobody planned.
    const plugged = straysOf(plan.links, links).length === 0 ? [] : await this.cards.list();
    const changes = linkChanges(plan.links, links, new Set(plugged.map(({ portId }) => tapOf(portId))));
    await ip(namespace, changes);
    const device = plan.links.vxlan?.name;
    const forward =
      device === undefined
        ? []
        : peerChanges(
            device,
            peers,
            entries.filter(({ ifname }) => ifname === device),
          );
    if (forward.length > 0) await run('bridge', ['-n', namespace, '-batch', '-'], `${forward.join('\n')}\n`);
    const limits = ports.flatMap(({ id, qos }) => (there.has(tapOf(id)) ? qosChanges(tapOf(id), qos, qdiscs) : []));
    if (limits.length > 0) await run('tc', ['-n', namespace, '-batch', '-'], `${limits.join('\n')}\n`);
    did.push(...changes, ...forward, ...limits);
  }

  private async serve(plan: NetworkPlan, did: string[]): Promise<void> {
    const dnsmasq = this.dnsmasq(plan.id);
    if (plan.dhcp === undefined) return dnsmasq.remove();
    did.push(...(await dnsmasq.serve(plan.dhcp)));
    this.files.set(plan.id, await dnsmasq.look());
  }

  private dnsmasq(id: string): Dnsmasq {
    return new Dnsmasq(path.join(this.folder, id), namespaceOf('nvn', id));
  }
}

const NOT_CONNECTED =
  'Its card is plugged and has no end on this host: its guest is off, or has lost it and gets it back by a hard reboot.';

/** Whether the host's own namespace has the link. */
const isHere = (name: string): Promise<boolean> =>
  stat(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );
