import { randomUUID } from 'node:crypto';
import { WebhookError, postWebhook, reachable } from '#drivers/webhooks/index';
import { listed, type Config } from '#config';
import type { AlarmNotification, Aodh, Fate, Outcome } from '#services/aodh/index';
import type { Logger } from '#services/kernel/log';
import { repeat } from './upkeep.js';

/** A look for what is due is one short statement; alarms are due once a minute, and what they tell is waited for. */
const LOOK_MS = 1_000;
/** History is kept for days: an hour more is nothing. */
const PURGE_MS = 3_600_000;
/** For all of one delivery. Who takes longer to say that he has understood is asked again later. */
const TIMEOUT_MS = 10_000;

/** Tells what alarms have to tell. */
export class Notifier {
  private readonly limits;

  /** @param count says how each delivery has ended @throws when the networks of the configuration are none */
  constructor(
    private readonly aodh: Aodh,
    config: Config,
    private readonly log: Logger,
    private readonly count: (fate: Fate) => void,
  ) {
    this.limits = { reachable: reachable(listed(config.aodh.webhook_networks)), timeoutMs: TIMEOUT_MS };
  }

  /** Delivers what is due, side by side. @returns how many there were */
  async deliver(): Promise<number> {
    const due = await this.aodh.outbox.take();
    await Promise.all(due.map((one) => this.one(one)));
    return due.length;
  }

  private async one(told: AlarmNotification): Promise<void> {
    const outcome = await this.tell(told);
    const fate = await this.aodh.outbox.settle(told, outcome);
    this.count(fate);
    if (outcome === 'delivered') return;
    const { alarm_id: alarm, attempts } = told;
    // The address may hold a secret of its user's: the log has the host alone.
    const host = URL.canParse(told.action) ? new URL(told.action).host : '';
    this.log.warn({ alarm, host, attempts, why: outcome.failed }, `a notification of an alarm was ${fate}`);
  }

  private async tell({ alarm_id, action, body }: AlarmNotification): Promise<Outcome> {
    const [scheme] = action.split(':', 1);
    if (scheme === 'test') return 'delivered';
    if (scheme === 'log') {
      this.log.info({ alarm: alarm_id, ...body }, 'an alarm has something to tell');
      return 'delivered';
    }
    try {
      const headers = { 'x-openstack-request-id': `req-${randomUUID()}` };
      await postWebhook(
        { url: action, body: JSON.stringify(body), headers, unsigned: isUnsigned(action) },
        this.limits,
      );
      return 'delivered';
    } catch (error) {
      if (error instanceof WebhookError) return { failed: error.message, passing: error.passing };
      throw error;
    }
  }
}

/** Aodh's way to name a server whose certificate nobody signed (notifier/rest.py). */
const isUnsigned = (action: string): boolean =>
  URL.canParse(action) && new URL(action).searchParams.get('aodh-alarm-ssl-verify') === '0';

/** Aodh's evaluator, listener and notifier: they look at alarms, at what has happened, and tell what has to be told. */
export async function watchAlarms(aodh: Aodh, notifier: Notifier, log: Logger, signal: AbortSignal): Promise<void> {
  const often = (what: string, work: () => Promise<boolean>): Promise<void> =>
    repeat(
      what,
      LOOK_MS,
      async () => {
        while (!signal.aborted && (await work()));
      },
      log,
      signal,
    );
  await Promise.all([
    often('to evaluate alarms', async () => (await aodh.evaluator.evaluate()).more),
    often('to evaluate event alarms', () => aodh.evaluator.evaluateEvents()),
    often('to notify of alarms', async () => (await notifier.deliver()) > 0),
    repeat('to forget the history of alarms', PURGE_MS, () => aodh.evaluator.purge(), log, signal),
  ]);
}
