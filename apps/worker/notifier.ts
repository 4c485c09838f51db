import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '#config';
import { isWebhook, postWebhook } from '#drivers/webhooks/index';
import type { Services } from '#services/index';
import type { Logger } from '#services/kernel/log';
import type { Notification } from '#services/notifications/index';
import { repeat } from './upkeep.js';

/** Whoever waits for a notification waits this long at most; with nothing new, a turn is two statements. */
const LOOK_MS = 1_000;
/** A minute is soon enough to learn how long a boot took, or to look whether the records are to be metered. */
const METER_MS = 15_000;
/** Of one request: some hundred kilobytes. */
const BATCH = 100;
/** A receiver notes what it was sent and answers; what it does with it can wait. */
const ANSWER_MS = 10_000;
/** The operator says where: also within the cloud. */
const LIMITS = { reachable: () => true, timeoutMs: ANSWER_MS };
/** Longer than an answer takes. */
const LEASE_SECONDS = 30;
/** Two seconds, four, and so on to five minutes: an hour in all, in which a receiver that is being replaced is back. */
const ATTEMPTS = 20;
/** RFC 2104: no shorter than it is hard to guess. */
const LEAST_SECRET_BYTES = 16;

/** Where notifications are sent, and what they are signed with. */
export interface Webhooks {
  readonly urls: readonly string[];
  readonly secret: string;
}

/** @throws for an address that is none, and without a secret: a receiver could not tell who sends */
export async function webhooksOf({ notifications: { webhooks, webhook_secret: file } }: Config): Promise<Webhooks> {
  const urls = webhooks.split(',').filter((url) => url !== '');
  if (urls.length === 0) return { urls, secret: '' };
  const wrong = urls.findIndex((url) => !isWebhook(url));
  if (wrong >= 0)
    throw new Error(`Address ${wrong + 1} of NOVAFLOW_NOTIFICATIONS_WEBHOOKS is no http or https address.`);
  const secret = file === '' ? '' : (await readFile(file, 'utf8')).trim();
  if (Buffer.byteLength(secret) < LEAST_SECRET_BYTES)
    throw new Error(
      `NOVAFLOW_NOTIFICATIONS_WEBHOOK_SECRET must name a file with at least ${LEAST_SECRET_BYTES} bytes, since there are webhooks.`,
    );
  return { urls, secret };
}

/** Beside the conductor's steps: sends notifications to the operator's webhooks, and meters what the database knows. */
export async function passOn(
  services: Services,
  { urls, secret }: Webhooks,
  meteringSeconds: number,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { ceilometer } = services;
  const meter = async (): Promise<void> => {
    await ceilometer.meterRecords(meteringSeconds);
    // As many deletes as there may be: what is heard in one turn is bounded.
    while (!signal.aborted && (await ceilometer.hear()).state === 'done');
  };
  await Promise.all([
    ...(meteringSeconds === 0 ? [] : [repeat('metering records and boots', METER_MS, meter, log, signal)]),
    ...urls.map((url) =>
      repeat('sending notifications', LOOK_MS, () => sendTo(url, secret, services, log, signal), log, signal),
    ),
  ]);
}

/** All that there is for one webhook now, in its order. */
async function sendTo(
  url: string,
  secret: string,
  services: Services,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  // An address may have a password in it: neither a name nor the log shows more than where it leads.
  const name = `webhook:${createHash('sha256').update(url).digest('hex').slice(0, 32)}`;
  const { origin } = new URL(url);
  const reader = { name, from: 'now', limit: BATCH, leaseSeconds: LEASE_SECONDS, attempts: ATTEMPTS } as const;
  for (let more = true; more && !signal.aborted;) {
    const turn = await services.readers.advance(reader, (rows) => post(url, secret, rows));
    more = turn.state === 'done';
    if (!('error' in turn)) continue;
    const { error, attempts, count } = turn;
    if (turn.state === 'failed')
      log.warn({ origin, error, attempts }, 'a webhook does not take notifications; trying again');
    else log.error({ origin, error, attempts, count }, 'notifications for a webhook were given up');
  }
}

/**
 * Sends notifications. The signature is that of the time and the body, so that neither can be sent again by somebody who heard
 * it without the receiver seeing that it is old.
 * @throws WebhookError unless it is answered with 2xx in time
 */
async function post(url: string, secret: string, rows: readonly Notification[]): Promise<void> {
  const notifications = rows.map(({ at, cursor: _place, ...row }) => ({ ...row, timestamp: at.toISOString() }));
  const body = JSON.stringify({ notifications });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const headers = { 'x-novaflow-timestamp': timestamp, 'x-novaflow-signature': `sha256=${signature}` };
  await postWebhook({ url, body, headers }, LIMITS);
}
