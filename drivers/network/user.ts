import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { BlockList, isIPv4 } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuestUser } from '../guest-user.js';
import { OneByOne } from '../one-by-one.js';
import { CardRecords } from './cards.js';
import { guardHost } from './host-guard.js';
import type {
  CardCounters,
  CardEnd,
  CardId,
  NetworkDriver,
  NetworkPart,
  NetworkWatcher,
  PlugRequest,
} from './index.js';
import type { NetworkReport, NetworkState, PartReport, SubnetOfHost } from './state.js';
import { userNetworkOptions } from './user-options.js';

/** The control plane tells a machine of a network at once when a port of it comes there; a guest's start waits for that so long. */
const TOLD_MS = 5_000;
const POLL_MS = 50;
/** A card that was plugged is up at the control plane after this: nothing waits for it, and a machine has few of them. */
const LOOK_MS = 500;

const NO_ROUTERS = 'QEMU’s user-mode network has no routers and no floating IPs; the `linux` driver has them.';

/**
 * QEMU's own user-mode network, which needs no right of the host: each card is alone in a network inside of its QEMU, which
 * leases the port's IPv4 address to it. Guests do not reach each other, nor does anybody reach them; IPv6, security
 * groups and limits are not there.
 *
 * The way out is open only where guests can be kept from the host's own services. libslirp connects as the host's process
 * that it is: to the host's loopback where the guest names the gateway, and to 127.0.0.1 where the guest names that; QEMU
 * has no option against it. So the kernel's packet filter is set to refuse it to the guests' user; where that cannot be,
 * cards are restricted: they get their lease and reach nobody.
 */
export class UserNetwork implements NetworkDriver {
  readonly type = 'user';
  private readonly turns = new OneByOne();
  private readonly cards: CardRecords;
  /** The state that was applied last. */
  private state: NetworkState | undefined;

  private constructor(
    directory: string,
    /** The subnets of the machine's networks: the network role is told of them, and the compute role opens cards. */
    private readonly subnets: string,
    /** Why guests have no way out; undefined where they have one. */
    readonly closed: string | undefined,
  ) {
    this.cards = new CardRecords(directory);
  }

  /**
   * @param directory where it keeps which cards are plugged
   * @param home the state directory: each cloud of a machine has a guard of its own, and its roles share what they know
   * @param user whom the guests run as
   */
  static async open(directory: string, home: string, user: GuestUser | undefined): Promise<UserNetwork> {
    return new UserNetwork(directory, path.join(home, 'network', 'user-subnets.json'), await guardHost(home, user));
  }

  plug(card: PlugRequest): Promise<void> {
    return this.turns.run(card.portId, () => this.cards.write(card));
  }

  unplug(card: CardId): Promise<void> {
    return this.turns.run(card.portId, () => this.cards.remove(card));
  }

  async open(card: CardId): Promise<CardEnd> {
    const plugged = await this.cards.read(card);
    const ip = plugged?.ips.find((address) => isIPv4(address));
    if (plugged === undefined || ip === undefined) return { kind: 'none' };
    const subnet = await this.subnetOf(plugged.networkId, ip);
    const options = userNetworkOptions(ip, subnet, this.closed === undefined);
    return options === undefined ? { kind: 'none' } : { kind: 'user', options };
  }

  /** Undefined where the network role has not been told of it in time; the usual is taken then. */
  private async subnetOf(networkId: string, ip: string): Promise<SubnetOfHost | undefined> {
    for (const end = Date.now() + TOLD_MS; ; await sleep(POLL_MS)) {
      const known = await readFile(this.subnets, 'utf8').then(
        (text) => JSON.parse(text) as Readonly<Record<string, readonly SubnetOfHost[]>>,
        () => undefined,
      );
      const found = known?.[networkId]?.find(({ version, cidr }) => version === 4 && holds(cidr, ip));
      if (found || Date.now() >= end) return found;
    }
  }

  /** The end carries as soon as QEMU has it. */
  connect(): Promise<void> {
    return Promise.resolve();
  }

  counters(): Promise<CardCounters[]> {
    return Promise.resolve([]);
  }

  list(): Promise<{ portId: string; serverId: string; host: string }[]> {
    return this.cards.list();
  }

  parts(): Promise<NetworkPart[]> {
    return Promise.resolve([]);
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  /** What is of it is in each guest's QEMU, and nothing of it can break; nova-compute plugs cards, in a process of its own. */
  async watch(watcher: NetworkWatcher, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      if (this.state !== undefined && !signal.aborted) watcher.told(await this.reportOf(this.state));
    }
  }

  /** A card that is opened from now on is in the subnets of this state. */
  async apply(state: NetworkState): Promise<NetworkReport> {
    await mkdir(path.dirname(this.subnets), { recursive: true, mode: 0o700 });
    const text = JSON.stringify(Object.fromEntries(state.networks.map(({ id, subnets }) => [id, subnets])));
    await writeFile(`${this.subnets}.new`, text, { mode: 0o600 });
    await rename(`${this.subnets}.new`, this.subnets);
    this.state = state;
    return this.reportOf(state);
  }

  private async reportOf({ generation, networks, ports, routers }: NetworkState): Promise<NetworkReport> {
    const plugged = new Set((await this.cards.list()).map(({ portId }) => portId));
    return {
      generation,
      networks: networks.map(({ id }): PartReport => ({ id, up: true, error: null })),
      ports: ports.map(({ id }) => ({ id, up: plugged.has(id), error: null })),
      routers: routers.map(({ id }) => ({ id, up: false, error: NO_ROUTERS })),
    };
  }
}

function holds(cidr: string, ip: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(length), 'ipv4');
  return list.check(ip, 'ipv4');
}
