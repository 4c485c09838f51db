import type { Statements } from '../../kernel/database.js';
import { bool, rowType, rowsOf, text } from '../../kernel/rows.js';
import type { Placement, Resources } from '../../placement/index.js';
import type { HostState } from './filters.js';

/** What was read of the hosts stays good for this long. A claim is checked again under its provider's lock anyway. */
const FRESH_MS = 1_000;
/** Reading takes at most a twentieth of the time, however many hosts there are. */
const COST_SHARE = 20;
const HOST = rowType({ host: text, machine: text, availability_zone: text, disabled: bool, up: bool });

/**
 * The hosts as schedulers see them: read now and then, and kept up with this conductor's own claims in between. What
 * another conductor claims meanwhile shows when a claim does not fit any more, or with the next reading.
 */
export class HostStates {
  private known: HostState[] = [];
  private goodUntil = 0;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly sql: Statements,
    private readonly placement: Placement,
    private readonly serviceDownSeconds: number,
  ) {}

  /** The hosts as they were read a moment ago. */
  async recent(): Promise<readonly HostState[]> {
    if (Date.now() >= this.goodUntil) await this.fresh();
    return this.known;
  }

  /** The hosts as they are now: before a request is answered that none fits. Who asks while it is read shares the answer. */
  async fresh(): Promise<readonly HostState[]> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    await this.reading;
    return this.known;
  }

  /** Takes what was just claimed off what is known to be free. */
  claimed(host: HostState, resources: Resources): void {
    const { classes } = host.provider;
    const claimed = Object.entries(resources).flatMap(([name, amount]) => {
      const of = classes[name];
      return of === undefined ? [] : [[name, { ...of, used: of.used + amount }] as const];
    });
    host.provider = { ...host.provider, classes: { ...classes, ...Object.fromEntries(claimed) } };
  }

  private async read(): Promise<void> {
    const began = performance.now();
    const [usages, services] = await Promise.all([
      this.placement.usages(),
      rowsOf(this.sql, HOST)`
        SELECT host, machine, availability_zone, disabled,
          NOT forced_down AND updated_at > now() - make_interval(secs => ${this.serviceDownSeconds}) AS up
        FROM nova.services`,
    ]);
    const providers = new Map(usages.map((u) => [u.name, u]));
    this.known = services.flatMap(({ availability_zone: availabilityZone, ...service }) => {
      const provider = providers.get(service.host);
      return provider ? [{ ...service, availabilityZone, provider }] : [];
    });
    this.goodUntil = Date.now() + Math.max(FRESH_MS, COST_SHARE * (performance.now() - began));
  }
}
