import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiClient } from '#activities/host/api-client';
import type { Logger } from '#services/kernel/log';
import { SampleSpool, type SampleRecord } from './sample-spool.js';

/** Samples of one request: some hundred kilobytes, which the control plane takes within some hundred milliseconds. */
const BATCH = 500;
/** While the control plane is away it is asked this often: a request that is refused at once. */
const RETRY_MS = 15_000;
/** What another try would not change: the samples are not as the control plane takes them. */
const REFUSALS = new Set([400, 403, 413, 422]);

/** An agent of Ceilometer's: what a host role measures, and where it is kept until the control plane has it. */
export interface Agent {
  readonly intervalSeconds: number;
  /** Where rounds are kept. */
  readonly folder: string;
  measure(): Promise<SampleRecord[]>;
}

/** Measures at every interval, and delivers what was measured in its order, until the signal. */
export async function meterForever(api: ApiClient, log: Logger, agent: Agent, signal: AbortSignal): Promise<void> {
  if (agent.intervalSeconds === 0) return;
  const spool = new SampleSpool(agent.folder);
  const interval = agent.intervalSeconds * 1_000;
  // Roles that start together would else measure together for ever.
  let due = performance.now() + Math.random() * Math.min(interval, RETRY_MS);
  while (!signal.aborted) {
    await sleep(Math.max(0, Math.min(due - performance.now(), RETRY_MS)), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      if (performance.now() >= due) {
        // A machine that slept has not missed rounds that it has to make up for.
        due = Math.max(due + interval, performance.now());
        await take(spool, agent, log);
      }
      await deliver(spool, api, log);
    } catch (error) {
      log.debug({ error: String(error) }, 'samples are not delivered; they are kept, and tried again');
    }
  }
}

async function take(spool: SampleSpool, agent: Agent, log: Logger): Promise<void> {
  const samples = await agent.measure().catch((error: unknown) => {
    log.warn({ error: String(error) }, 'nothing could be measured in this round');
    return [];
  });
  if (samples.length === 0) return;
  const dropped = await spool.put(samples);
  if (dropped > 0)
    log.warn({ dropped }, 'rounds of samples were given up: the control plane has been away for too long');
}

/** @throws when the control plane does not take them now */
async function deliver(spool: SampleSpool, api: ApiClient, log: Logger): Promise<void> {
  for (let round = await spool.oldest(); round !== undefined; round = await spool.oldest()) {
    try {
      for (let at = 0; at < round.samples.length; at += BATCH)
        await api.put('/internal/samples', { samples: round.samples.slice(at, at + BATCH) });
    } catch (error) {
      if (!(error instanceof ApiError && REFUSALS.has(error.status))) throw error;
      log.error(
        { error: error.message, samples: round.samples.length },
        'a round of samples was refused, and is given up',
      );
    }
    await spool.remove(round.name);
  }
}
