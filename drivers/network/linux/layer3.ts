import type { NetworkState, PartReport } from '../state.js';
import { Metadata, type AnswerMetadata } from './metadata.js';
import { namespaceExists, namespaceOf, type Namespaces } from './namespaces.js';
import { Outside } from './outside.js';
import { Routers, type Look } from './router.js';

type Parts = Pick<NetworkState, 'routers' | 'networks'>;

/** A look into a router takes some 30 ms of processes: so many of them at a time take a fortieth of one processor. */
const LOOKS = 3;
/** Into some of them with every second look at the machine: what is in a namespace is seldom touched by anybody. */
const EVERY = 2;

/** What a role adds to what the state says. */
export interface Layer3Options {
  /** Who answers guests that ask for metadata; nobody where it is left out. */
  readonly metadata?: AnswerMetadata;
  /** Whether what is outside reaches the world by this machine. */
  readonly outsideJoined?: boolean;
}

/** What joins networks: routers, and what is outside; and metadata, which is asked for through them. Applied where something of it has changed, and now and then as it is. */
export class Layer3 {
  routers: readonly PartReport[] = [];
  private readonly router: Routers;
  private readonly outside: Outside;
  private readonly metadata: Metadata | undefined;
  private outsides = new Map<string, string>();
  private applied = '';
  private looks = 0;
  private next = 0;

  /** @param folder where files of running programs are */
  constructor(namespaces: Namespaces, folder: string, { metadata, outsideJoined }: Layer3Options = {}) {
    this.metadata = metadata === undefined ? undefined : new Metadata(metadata);
    this.router = new Routers(namespaces, folder, async (namespace) => this.metadata?.leave(namespace));
    this.outside = new Outside(namespaces, outsideJoined);
  }

  /** Lets go of what this process itself holds; what it has made stays. */
  async close(): Promise<void> {
    await this.metadata?.close();
  }

  /** Networks have to be there first. */
  async apply(state: Parts): Promise<void> {
    const text = contentOf(state);
    if (text === this.applied) return;
    await this.make(state);
    this.applied = text;
  }

  /**
   * Looks at what is there, and mends it: at all namespaces whether they are there, into some of them in turn.
   * @param changed a network has been mended, of which any of them was a part
   * @returns what had to be done
   */
  async look(state: Parts, changed: boolean): Promise<string[]> {
    const all = namespacesOf(state);
    const count = this.looks++ % EVERY === 0 ? Math.min(LOOKS, all.length) : 0;
    const only = new Set(Array.from({ length: count }, () => all[this.next++ % all.length]!));
    for (const namespace of all) if (!(await namespaceExists(namespace))) only.add(namespace);
    const look: Look = { did: [], ...(changed ? {} : { only }) };
    await this.make(state, look);
    return look.did;
  }

  /** Why what is outside of a network could not be made, or metadata cannot be asked for in it. */
  errorOf(networkId: string): string | undefined {
    return this.outsides.get(networkId);
  }

  private async make(state: Parts, look?: Look): Promise<void> {
    const outsides = await this.outside.apply(state, look);
    this.outsides = new Map(outsides.flatMap(({ id, error }) => (error === null ? [] : [[id, error]])));
    const routers = await this.router.apply(state, look);
    const silent = (await this.metadata?.apply(state)) ?? new Map<string, string>();
    // A router without metadata still routes.
    this.routers = routers.map((report) => ({
      ...report,
      error: report.error ?? silent.get(namespaceOf('nvr', report.id)) ?? null,
    }));
    for (const { id } of state.networks) {
      const error = silent.get(namespaceOf('nvn', id));
      if (error !== undefined) this.outsides.set(id, error);
    }
  }
}

/** Of routers and of what is outside. */
const namespacesOf = ({ routers, networks }: Parts): string[] => [
  ...routers.filter(({ adminUp }) => adminUp).map(({ id }) => namespaceOf('nvr', id)),
  ...networks.filter(({ external }) => external).map(({ id }) => namespaceOf('nvo', id)),
];

/** All of a state that routers, what is outside and the service of metadata are made of. */
const contentOf = ({ routers, networks }: Parts): string =>
  JSON.stringify([
    routers,
    networks.map(({ id, mtu, external, subnets, metadata, dhcpPort }) => ({
      id,
      mtu,
      external,
      // Of others, what routers advertise.
      subnets: external ? subnets : subnets.flatMap(({ cidr, raMode }) => (raMode === null ? [] : [{ cidr, raMode }])),
      metadata: metadata && dhcpPort !== null,
    })),
  ]);
