import { TemporalEngine, makeClient } from '#apps/temporal/index';
import { loadConfig } from '#config';
import { makeServices } from '#services/index';
import { makeLogger } from '#services/kernel/log';
import { concurrently, summarize } from '../measure.js';
import type { Bench, Scenario } from '../scenario.js';
import { finding, measured, oneByOne } from './api.js';

/** Tokens that no process has seen yet, and validations of one that is known. */
const NEW = 200;
const KNOWN = 20_000;

/** What tokens cost: over HTTP, and the validation itself in one process, one after the other. */
export const tokens: Scenario = {
  name: 'token',
  title: 'Tokens',
  async run(bench) {
    const { api } = bench;
    const issue = await oneByOne(20, () => api.renew());
    const requests = await concurrently(400, 8, () => api.call('GET', '/identity/v3/auth/projects'));
    const list = measured(await oneByOne(200, () => api.call('GET', '/compute/v2.1/servers')));
    const fresh: string[] = [];
    for (let i = 0; i < NEW; i++) {
      await api.renew();
      fresh.push(api.sessionToken);
    }
    const { known, unknown } = await validations(bench, fresh);
    const rows = {
      'issue (password)': measured(issue),
      'GET /auth/projects, 8 at once': requests,
      'GET /servers, which has none': list,
      'validate a token that is new': unknown,
    };
    const perSecond = Math.round(KNOWN / known);
    const share = ((known / KNOWN) * 1e5) / summarize(list.outcomes, list.seconds).p50;
    return finding(rows, [
      `A token that is known is validated ${perSecond} times a second in one process: it adds ${share.toFixed(1)} % to GET /servers.`,
    ]);
  },
};

/** @returns seconds that KNOWN validations of one token take, and the outcomes of each of the new ones */
async function validations(
  { cloud }: Bench,
  fresh: readonly string[],
): Promise<{ known: number; unknown: Parameters<typeof finding>[0][string] }> {
  const config = loadConfig({
    ...process.env,
    NOVAFLOW_HOME: cloud.home,
    DATABASE_URL: cloud.databaseUrl,
    TEMPORAL_ADDRESS: cloud.temporalAddress,
  });
  const client = makeClient(config);
  const services = makeServices(config, new TemporalEngine(client), makeLogger('bench', 'warn'));
  try {
    const { tokens: keystone } = services.keystone;
    const check = async (i: number): Promise<void> => void (await keystone.validate(fresh[i]!));
    const unknown = measured(await oneByOne(fresh.length, check));
    const began = performance.now();
    for (let i = 0; i < KNOWN; i++) await keystone.validate(fresh[0]!);
    return { known: (performance.now() - began) / 1000, unknown };
  } finally {
    await services.close();
    await client.connection.close();
  }
}
