import type { Statements } from '../../kernel/database.js';
import { bool, rowType, rowsOf, text } from '../../kernel/rows.js';
import type { Placement, Resources } from '../../placement/index.js';
import type { HostState } from './filters.js';

/**
 * How long the hosts' state is used before it is read again. Every claim is checked again anyway, under its provider's
 * lock.
 */
const FRESH_MS = 1_000;
/** At most one twentieth of the time is spent on reading, however many hosts there are. */
const COST_SHARE = 20;
const HOST = rowType({ host: text, machine: text, availability_zone: text, disabled: bool, up: bool });

/**
 * The hosts as the scheduler sees them. They are read from time to time, and in between this conductor's own claims are
 * subtracted. The claims of other conductors show with the next reading, or when a claim does not fit.
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

  /**
   * The hosts, read again. This is done before a request is refused for want of a host. Calls during a reading share
   * it.
   */
  async fresh(): Promise<readonly HostState[]> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    await this.reading;
    return this.known;
  }

  /** Subtracts a claim that was just made from what is free. */
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
        SELECT host, machine, availability_zone, disabled OR forced_down AS disabled,
          updated_at > now() - make_interval(secs => ${this.serviceDownSeconds}) AS up
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
