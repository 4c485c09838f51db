import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DriverError } from '../../errors.js';
import type { GuestUser } from '../../guest-user.js';
import { OneByOne } from '../../one-by-one.js';
import { CardRecords } from '../cards.js';
import type {
  CardCounters,
  CardEnd,
  CardId,
  NetworkDriver,
  NetworkPart,
  NetworkWatcher,
  PlugRequest,
} from '../index.js';
import type { NetworkReport, NetworkState, PartReport } from '../state.js';
import { askToConnect, serveConnects } from './agent.js';
import type { AtNetworkPoint } from '../points.js';
import { Changes } from './changes.js';
import { Layer3, type Layer3Options } from './layer3.js';
import { Namespaces } from './namespaces.js';
import { Networks } from './networks.js';
import { networkParts } from './parts.js';
import { inputsOf, planNetwork, type NetworkPlan, type PlanInput } from './plan.js';
import { Sightings } from './sightings.js';
import { makeTap, removeTap, tapCounters } from './taps.js';

/** Where the files of this machine's running programs are; they are gone after a reboot, as the programs are. */
const RUN = '/run/novaflow';
/** Namespaces that are made side by side: each takes some processes, for which a small host has two processors. */
const SIDE_BY_SIDE = 4;
/** How often the machine is looked at. What is broken is mended so soon. */
const LOOK_MS = 2_000;
/** A look into a namespace takes 20 ms: at so many at a time, looking takes a tenth of one processor at most. */
const LOOKS = 10;
/** How long a guest's start waits for the port to become known here: the control plane tells of it at once. */
const KNOWN_MS = 30_000;

interface Options extends Layer3Options {
  /** Where files of running programs are; another folder in tests. */
  readonly run?: string;
  /** How often the machine is looked at; more often in tests. @default every 2 s */
  readonly lookMs?: number;
  /** Told of each point that is reached. */
  readonly reach?: AtNetworkPoint;
}

/**
 * The network of one Linux machine: a network is a namespace with a bridge, on which are the taps of its guests, DHCP, and
 * a tunnel to the other hosts. Two roles use it. Whoever starts guests makes their taps; the network role, which watches,
 * alone changes namespaces, and is asked to take in a tap.
 */
export class LinuxNetwork implements NetworkDriver {
  readonly type = 'linux';
  private readonly turns = new OneByOne();
  private readonly cards: CardRecords;
  private readonly namespaces: Namespaces;
  private readonly networks: Networks;
  private readonly layer3: Layer3;
  private readonly sightings: Sightings;
  private readonly folder: string;
  private readonly running: string;
  private readonly lookMs: number;
  private readonly reach: AtNetworkPoint;
  private readonly changes = new Changes();
  private state: NetworkState | undefined;
  private plans = new Map<string, Planned>();
  private failed = new Map<string, string>();
  /** The plan that each network was last made by, and the text of its part for DHCP. */
  private readonly done = new Map<string, { readonly plan: NetworkPlan; readonly dhcp: string }>();
  private next = 0;

  /**
   * @param home NOVAFLOW_HOME
   * @param user whom guests run as
   */
  constructor(
    home: string,
    private readonly user: GuestUser | undefined,
    {
      run = path.join(RUN, createHash('sha256').update(home).digest('hex').slice(0, 12)),
      lookMs = LOOK_MS,
      reach = () => Promise.resolve(),
      ...layer3
    }: Options = {},
  ) {
    this.folder = path.join(home, 'network');
    this.running = run;
    this.lookMs = lookMs;
    this.reach = reach;
    this.cards = new CardRecords(path.join(home, 'vifs'));
    this.namespaces = new Namespaces(this.folder);
    this.networks = new Networks(this.namespaces, path.join(run, 'dhcp'), this.cards);
    this.sightings = new Sightings(path.join(run, 'dhcp'), () => this.changes.tell());
    const { metadata, ...joined } = layer3;
    const watched = metadata && { metadata: this.sightings.watching(metadata) };
    this.layer3 = new Layer3(this.namespaces, path.join(run, 'routers'), { ...joined, ...watched });
  }

  plug(card: PlugRequest): Promise<void> {
    return this.turns.run(card.portId, async () => {
      await this.cards.write(card);
      await this.reach('plug:recorded');
    });
  }

  unplug(card: CardId): Promise<void> {
    return this.turns.run(card.portId, async () => {
      const kept = await this.cards.read(card);
      if (kept) await removeTap(kept);
      await this.reach('unplug:removed');
      await this.cards.remove(card);
    });
  }

  open(card: CardId): Promise<CardEnd> {
    return this.turns.run(card.portId, async () => {
      const name = await makeTap(await this.plugged(card), this.user);
      await this.reach('open:made');
      return { kind: 'tap', name };
    });
  }

  connect(card: CardId): Promise<void> {
    return this.turns.run(card.portId, async () => {
      await askToConnect(this.socket, await this.plugged(card));
      await this.reach('connect:joined');
    });
  }

  async counters(): Promise<CardCounters[]> {
    return tapCounters(await this.cards.list());
  }

  list(): Promise<PlugRequest[]> {
    return this.cards.list();
  }

  apply(state: NetworkState): Promise<NetworkReport> {
    // All of it is there: whether it still is so is what the watch looks at.
    const same = this.state !== undefined && contentOf(state) === contentOf(this.state);
    if (same && state.networks.every(({ id }) => this.done.has(id))) {
      this.state = state;
      return this.report();
    }
    return this.turns.run('apply', async () => {
      await this.keep(state);
      await this.use(state);
      return this.report();
    });
  }

  async watch(watcher: NetworkWatcher, signal: AbortSignal): Promise<void> {
    await this.openFolder();
    await serveConnects(this.socket, (card) => this.take(card), signal);
    const kept = await this.kept();
    if (kept && this.state === undefined) await this.turns.run('apply', () => this.use(kept));
    let told = '';
    for (let looked = 0; !signal.aborted;) {
      // A change ends the wait: it is told of at once, and does not make the machine be looked at more often.
      if (performance.now() - looked >= this.lookMs) {
        const repaired = await this.turns.run('apply', () => this.look());
        if (repaired.length > 0) watcher.repaired(repaired);
        looked = performance.now();
      }
      const report = await this.report();
      const text = JSON.stringify(report);
      if (text !== told && this.state !== undefined) watcher.told(report);
      told = text;
      await this.changes.within(this.lookMs, signal);
    }
    await this.turns.run('apply', () => this.layer3.close());
  }

  parts(): Promise<NetworkPart[]> {
    return networkParts(this.namespaces, this.running, this.cards);
  }

  leave(): Promise<void> {
    return this.turns.run('apply', async () => {
      this.state = undefined;
      this.plans = new Map();
      this.done.clear();
      await this.layer3.apply({ networks: [], routers: [] });
      await this.networks.removeAllBut(new Set());
    });
  }

  private get socket(): string {
    return path.join(this.running, 'agent.sock');
  }

  /** dnsmasq's user has to come to its files, whatever the role's own umask is. */
  private async openFolder(): Promise<void> {
    await mkdir(this.running, { recursive: true });
    for (const folder of [RUN, this.running]) if (this.running.startsWith(folder)) await chmod(folder, 0o755);
  }

  /** Makes what has changed since the last time, and nothing else. */
  private async use(state: NetworkState): Promise<void> {
    this.state = state;
    const plans = new Map<string, Planned>();
    for (const input of inputsOf(state)) {
      const text = JSON.stringify(input);
      const before = this.plans.get(input.network.id);
      const planned = before?.input === text ? before : await this.planned(input, text);
      if (planned) plans.set(input.network.id, planned);
    }
    this.plans = plans;
    await this.networks.removeOthers(idsOf(state));
    for (const id of this.done.keys()) if (!this.plans.has(id)) this.done.delete(id);
    const waiting = this.all();
    const worker = async (): Promise<void> => {
      for (let plan = waiting.shift(); plan; plan = waiting.shift()) await this.make(plan);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
    await this.layer3.apply(state);
    this.changes.tell();
  }

  private all(): NetworkPlan[] {
    return [...this.plans.values()].map(({ plan }) => plan);
  }

  private planned(input: PlanInput, text: string): Promise<Planned | undefined> {
    return this.trying(input.network.id, () => Promise.resolve({ input: text, plan: planNetwork(input) }));
  }

  /** @param look whether to look at a network that was made by this plan before. @returns what had to be done */
  private async make(plan: NetworkPlan, look?: { readonly dhcp: boolean }): Promise<string[]> {
    const done = this.done.get(plan.id);
    if (look === undefined && done?.plan === plan) return [];
    const dhcp = plan.dhcp ? textOf(plan.dhcp) : '';
    const sameDhcp = done?.dhcp === dhcp;
    const did = await this.trying(plan.id, () => this.networks.make(plan, !sameDhcp || look?.dhcp === true));
    if (did === undefined) this.done.delete(plan.id);
    else this.done.set(plan.id, { plan, dhcp });
    return (did ?? []).map((what) => `${plan.namespace}: ${what}`);
  }

  /** Looks at the machine and mends what differs: at all networks where that costs nothing, into some of them in turn. */
  private async look(): Promise<string[]> {
    const plans = this.all();
    const deep = new Set(Array.from({ length: Math.min(LOOKS, plans.length) }, () => this.next++ % plans.length));
    const did: string[] = [];
    // What cannot be cleared away hinders nothing, and is tried again with every look; an audit names it.
    if (this.state) await this.networks.removeOthers(idsOf(this.state)).catch(() => undefined);
    for (const [index, plan] of plans.entries()) {
      const right = await this.networks.looksRight(plan);
      if (!right || deep.has(index) || !this.done.has(plan.id)) did.push(...(await this.make(plan, { dhcp: !right })));
    }
    // A network that was made anew has lost its routers' cards.
    if (this.state) did.push(...(await this.layer3.look(this.state, did.length > 0)));
    return did;
  }

  /** Joins a card's end to its network, once its port is known here. */
  private async take(card: CardId): Promise<void> {
    const plugged = await this.plugged(card);
    const { networkId, portId } = plugged;
    const known = (): boolean => this.plans.get(networkId)?.plan.ports.some(({ id }) => id === portId) === true;
    for (const end = Date.now() + KNOWN_MS; !known(); await this.changes.within(end - Date.now()))
      if (Date.now() >= end) throw new Error('the control plane has not told this host of the port.');
    await this.sightings.begin(plugged);
    await this.networks.take(this.plans.get(networkId)!.plan, portId);
    this.sightings.join(plugged);
  }

  private async report(): Promise<NetworkReport> {
    const plugged = new Set((await this.cards.list()).map(({ portId }) => portId));
    const { generation = '', networks = [], ports = [] } = this.state ?? {};
    const known = new Map(
      this.all()
        .flatMap((plan) => this.networks.report(plan, plugged))
        .map((part) => [part.id, part]),
    );
    return {
      generation,
      networks: networks.map(({ id }) => this.partOf(id)),
      ports: ports.map(({ id, networkId }) => known.get(id) ?? { ...this.partOf(networkId), id, up: false }),
      routers: this.layer3.routers,
      seen: await this.sightings.on(networks),
    };
  }

  private partOf(id: string): PartReport {
    const error = this.failed.get(id) ?? this.layer3.errorOf(id) ?? null;
    return { id, up: error === null, error };
  }

  /** One network that cannot be made must not keep the others from being made. @returns undefined when it did not go well */
  private async trying<T>(id: string, task: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await task();
      this.failed.delete(id);
      return result;
    } catch (error) {
      this.failed.set(id, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  private async plugged(card: CardId): Promise<PlugRequest> {
    const kept = await this.cards.read(card);
    if (!kept)
      throw new DriverError('host', 'VirtualInterfaceCreateException', `Port ${card.portId} is not plugged here.`);
    return kept;
  }

  private get stateFile(): string {
    return path.join(this.folder, 'state.json');
  }

  private async keep(state: NetworkState): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // The control plane has it as well: after a power cut it may be an older one, or none.
    await writeFile(`${this.stateFile}.new`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${this.stateFile}.new`, this.stateFile);
  }

  private async kept(): Promise<NetworkState | undefined> {
    const text = await readFile(this.stateFile, 'utf8').catch(() => undefined);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as NetworkState);
    } catch {
      return undefined;
    }
  }
}

const idsOf = ({ networks }: NetworkState): ReadonlySet<string> => new Set(networks.map(({ id }) => id));

const contentOf = (state: NetworkState): string => JSON.stringify({ ...state, generation: '' });

/** A network's plan, and the text of what it was made of. */
interface Planned {
  readonly input: string;
  readonly plan: NetworkPlan;
}

/** Maps are no JSON of themselves. */
const textOf = (value: object): string =>
  JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part.entries()] : part));
