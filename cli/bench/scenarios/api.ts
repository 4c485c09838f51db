import { randomBytes } from 'node:crypto';
import type { Api } from '#apps/standalone/api';
import { summarize, timed, type Outcome } from '../measure.js';
import { plantServers, removePlanted } from '../plant.js';
import type { Bench, Finding, Scenario } from '../scenario.js';
import { LATENCY_COLUMNS, latencyRow } from './boot.js';

/** Requests one after the other. */
export async function oneByOne(count: number, task: (index: number) => Promise<void>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let i = 0; i < count; i++) outcomes.push(await timed(() => task(i)));
  return outcomes;
}
const total = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, o) => sum + ('ms' in o ? o.ms : 0), 0) / 1000;

export function finding(
  measured: Record<string, { outcomes: Outcome[]; seconds: number }>,
  says: string[] = [],
): Finding {
  const rows = Object.entries(measured).map(([name, m]) => latencyRow(name, summarize(m.outcomes, m.seconds)));
  return {
    columns: LATENCY_COLUMNS,
    rows,
    says,
    figures: Object.fromEntries(rows.map(([name, p50]) => [`${name} p50`, p50 as number])),
  };
}
export const measured = (outcomes: Outcome[]) => ({ outcomes, seconds: total(outcomes) });

export const lists: Scenario = {
  name: 'list',
  title: 'Lists of servers',
  async run(bench) {
    const { api } = bench;
    const rows: Record<string, { outcomes: Outcome[]; seconds: number }> = {};
    for (const count of [1_000, 10_000]) {
      await plantServers(bench, count);
      const page = (limit: number) => () => api.call<void>('GET', `/compute/v2.1/servers/detail?limit=${limit}`);
      rows[`${count} servers, 100 of them in detail`] = measured(await oneByOne(20, page(100)));
      rows[`${count} servers, 1000 of them in detail`] = measured(await oneByOne(5, page(1_000)));
      rows[`${count} servers, all of them, by pages of 1000`] = measured(await oneByOne(2, () => walk(api, 1_000)));
      rows[`${count} servers, by name`] = measured(
        await oneByOne(20, () => api.call('GET', '/compute/v2.1/servers?name=planted-77$')),
      );
    }
    await removePlanted(bench);
    return finding(rows);
  },
};

async function walk(api: Api, limit: number): Promise<void> {
  let path = `/compute/v2.1/servers?limit=${limit}`;
  for (;;) {
    const { servers } = await api.call<{ servers: { id: string }[] }>('GET', path);
    if (servers.length < limit) return;
    path = `/compute/v2.1/servers?limit=${limit}&marker=${servers.at(-1)?.id ?? ''}`;
  }
}

/** Bytes of the image that is fetched: big enough that the copying counts. */
const IMAGE_BYTES = 64 << 20;

export const image: Scenario = {
  name: 'image',
  title: 'Images of 64 MiB',
  async run({ api, boots }: Bench) {
    const bytes = randomBytes(IMAGE_BYTES);
    const ids: string[] = [];
    const upload = await oneByOne(3, async () => {
      const { id } = await api.call<{ id: string }>('POST', '/image/v2/images', {
        name: 'bench',
        disk_format: 'raw',
        container_format: 'bare',
      });
      ids.push(id);
      await api.call('PUT', `/image/v2/images/${id}/file`, bytes);
    });
    const first = await oneByOne(3, (i) => boots.single('image', ids[i]));
    const again = await oneByOne(3, (i) => boots.single('image', ids[i]));
    await boots.deleteAll();
    for (const id of ids) await api.call('DELETE', `/image/v2/images/${id}`);
    return finding({
      upload: measured(upload),
      'boot that fetches it': measured(first),
      'boot that finds it on its host': measured(again),
    });
  },
};
