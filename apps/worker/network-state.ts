import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '#activities/host/api-client';
import type { NetworkDriver } from '#drivers/network/index';
import type { NetworkReport, NetworkState, PartReport, Sighting } from '#drivers/network/state';
import type { Logger } from '#services/kernel/log';

/** The control plane answers after 25 s at the latest (services/neutron/hosts): what takes longer has lost its connection. */
const ANSWER_MS = 40_000;
/** While the control plane is away, the role tries again: soon, since changes wait for it. */
const RETRY_MS = 500;

type Part = Pick<PartReport, 'id' | 'up'>;

/** Has the driver make this machine's network as the control plane says, and tells the control plane what has come of it. */
export class NetworkFollower {
  private state: NetworkState | undefined;
  private report: NetworkReport | undefined;
  private said = '';
  /** What was seen, of that which was said. */
  private saidSeen: ReadonlySet<string> = new Set();
  private readonly failures = new Set<string>();
  private wake: () => void = () => undefined;

  constructor(
    private readonly api: ApiClient,
    private readonly driver: NetworkDriver,
    private readonly log: Logger,
  ) {}

  /** Until the signal. The driver has the last state of an earlier process: while the control plane is away, that is kept. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake(), { once: true });
    await Promise.all([
      this.again(signal, 'no network state', () => this.follow(signal)),
      this.again(signal, 'network report not taken', () => this.say()),
      this.again(signal, 'this machine’s network cannot be looked at', () =>
        this.driver.watch(
          {
            told: (report) => this.tell(report),
            repaired: (what) => this.log.warn({ what }, 'the network of this machine was broken, and is mended'),
          },
          signal,
        ),
      ),
    ]);
  }

  /** Does something for ever. What fails is done again a moment later. */
  private async again(signal: AbortSignal, failure: string, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted)
      await work().catch(async (error: unknown) => {
        if (signal.aborted) return;
        this.log.debug({ error: String(error) }, `${failure}; trying again`);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      });
  }

  /** Waits for what is new, and has it made. */
  private async follow(signal: AbortSignal): Promise<void> {
    const since = this.state === undefined ? '' : `?since=${this.state.generation}`;
    const until = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const next = await this.api.wait<NetworkState>(`/internal/network/state${since}`, until);
    if (next === undefined) return;
    const report = await this.driver.apply(next);
    this.state = next;
    this.tell(report);
  }

  private tell(report: NetworkReport): void {
    this.report = report;
    this.logFailures(report);
    this.wake();
  }

  /** Says what has come of the state, as soon as that is something else than was said. */
  private async say(): Promise<void> {
    const text = this.state && this.report ? JSON.stringify(partsOf(this.state, this.report)) : this.said;
    const seen = new Map((this.report?.seen ?? []).map((one) => [JSON.stringify(one), one]));
    const fresh = [...seen].filter(([key]) => !this.saidSeen.has(key)).map(([, one]) => one);
    if (text === this.said && (fresh.length === 0 || this.state === undefined)) {
      await new Promise<void>((resolve) => (this.wake = resolve));
      return;
    }
    await this.api.put('/internal/network/report', { ...(JSON.parse(text) as object), seen: fresh.map(agedOf) });
    this.said = text;
    this.saidSeen = new Set(seen.keys());
  }

  /** Each failure is logged once, and again when it has been away in between. */
  private logFailures({ networks, ports, routers }: NetworkReport): void {
    const failed = Object.entries({ networks, ports, routers }).flatMap(([kind, parts]) =>
      parts.flatMap(({ id, error }) => (error === null ? [] : [{ kind, id, error }])),
    );
    const keyed = new Map(failed.map((failure) => [JSON.stringify(failure), failure]));
    for (const [key, failure] of keyed)
      if (!this.failures.has(key)) this.log.warn(failure, 'a part of the network is not as it is to be');
    this.failures.clear();
    for (const key of keyed.keys()) this.failures.add(key);
  }
}

/** A time as how long ago it was: the control plane has a clock of its own. */
const agedOf = ({ event, networkId, key, at }: Sighting): object => ({
  event,
  networkId,
  key,
  agoMs: Math.max(0, Date.now() - at),
});

/** Guests' ports as they are; a router's ports and floating IPs are up with it, and a network's DHCP port with the network. */
function partsOf(state: NetworkState, report: NetworkReport): { ports: Part[]; floatingIps: Part[] } {
  const isUp = (parts: readonly PartReport[]): ReadonlySet<string> =>
    new Set(parts.filter(({ up }) => up).map(({ id }) => id));
  const [networks, routers] = [isUp(report.networks), isUp(report.routers)];
  return {
    ports: [
      ...report.ports.map(({ id, up }) => ({ id, up })),
      ...state.networks.flatMap(({ id, dhcpPort }) => (dhcpPort ? [{ id: dhcpPort.id, up: networks.has(id) }] : [])),
      ...state.routers.flatMap(({ id, interfaces, gateway }) =>
        [...interfaces, ...(gateway ? [gateway] : [])].map(({ portId }) => ({ id: portId, up: routers.has(id) })),
      ),
    ],
    floatingIps: state.routers.flatMap(({ id, floatingIps }) =>
      floatingIps.map((floating) => ({ id: floating.id, up: routers.has(id) })),
    ),
  };
}
