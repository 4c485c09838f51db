import { OneByOne } from '../one-by-one.js';
import { CardRecords } from './cards.js';
import type {
  CardCounters,
  CardEnd,
  CardId,
  NetworkDriver,
  NetworkPart,
  NetworkWatcher,
  PlugRequest,
} from './index.js';
import type { NetworkReport, NetworkState, PartReport } from './state.js';

/** A network that carries nothing: a plugged card is a file, which outlives the role that wrote it. It says so. */
export class FakeNetwork implements NetworkDriver {
  readonly type = 'fake';
  private readonly turns = new OneByOne();
  private readonly cards: CardRecords;

  constructor(directory: string) {
    this.cards = new CardRecords(directory);
  }

  plug(card: PlugRequest): Promise<void> {
    return this.turns.run(card.portId, () => this.cards.write(card));
  }

  unplug(card: CardId): Promise<void> {
    return this.turns.run(card.portId, () => this.cards.remove(card));
  }

  open(): Promise<CardEnd> {
    return Promise.resolve({ kind: 'none' });
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  counters(): Promise<CardCounters[]> {
    return Promise.resolve([]);
  }

  list(): Promise<{ portId: string; serverId: string; host: string }[]> {
    return this.cards.list();
  }

  /** Nothing of it can break. */
  watch(_watcher: NetworkWatcher, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  parts(): Promise<NetworkPart[]> {
    return Promise.resolve([]);
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  /** All is as it is to be where nothing is carried: a port is up once its card is plugged. */
  async apply({ generation, networks, ports, routers }: NetworkState): Promise<NetworkReport> {
    const plugged = new Set((await this.cards.list()).map(({ portId }) => portId));
    const up = ({ id }: { id: string }): PartReport => ({ id, up: true, error: null });
    return {
      generation,
      networks: networks.map(up),
      ports: ports.map(({ id }) => ({ id, up: plugged.has(id), error: null })),
      routers: routers.map(up),
    };
  }
}
