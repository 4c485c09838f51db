/** Ten boots and one kill -9 in the middle: the method by which a real OpenStack was measured. */
import { setTimeout as sleep } from 'node:timers/promises';
import { onScratchCloud } from '#apps/standalone/scratch';
import { Load } from './load.js';
import type { Target } from './plan.js';

interface Row {
  readonly killed: Target;
  /** Milliseconds until it is started again. */
  readonly away: number;
}
const ROWS: readonly Row[] = [
  { killed: 'compute', away: 5_000 },
  { killed: 'conductor', away: 5_000 },
  { killed: 'temporal', away: 5_000 },
  { killed: 'postgres', away: 5_000 },
  { killed: 'temporal', away: 125_000 },
];
const BOOTS = 10;
const SPAWN_MS = 2_000;
/** Between two requests; the kill comes after the fifth. */
const EVERY_MS = 400;
const PATIENCE_MS = 120_000;

export interface TableRow {
  readonly killed: string;
  readonly awaySeconds: number;
  readonly active: number;
  readonly error: number;
  readonly stuck: number;
  readonly orphans: number;
  readonly lastActiveAfterSeconds: number;
  readonly slowestAnswerSeconds: number;
  readonly refused: number;
  readonly unanswered: number;
}

/** Measures each row on a cloud of its own, once. */
export async function measureTable(tell: (line: string) => void): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for (const row of ROWS) {
    tell(`kill -9 of ${row.killed}, back after ${row.away / 1000} s`);
    rows.push(await measureRow(row));
  }
  return rows;
}

function measureRow({ killed, away }: Row): Promise<TableRow> {
  const settings = {
    NOVAFLOW_HYPERVISOR: 'fake',
    NOVAFLOW_SIMULATED_HOSTS: '2',
    NOVAFLOW_FAKE_SPAWN_MS: String(SPAWN_MS),
    NOVAFLOW_MODE: 'production',
  };
  return onScratchCloud(settings, async ({ cloud, admin }) => {
    const load = await Load.prepare(admin);
    const stop = new AbortController();
    const watching = load.watch(stop.signal);
    const boots: Promise<string>[] = [];
    let back = Promise.resolve();
    for (let i = 0; i < BOOTS; i++) {
      boots.push(load.boot('image'));
      await sleep(EVERY_MS);
      if (i + 1 !== BOOTS / 2) continue;
      await cloud.suspend(killed);
      back = sleep(away).then(() => cloud.resume(killed));
    }
    await back;
    const backAt = load.now();
    const end = Date.now() + PATIENCE_MS;
    await Promise.all(boots);
    const settled = (): boolean => [...load.servers.values()].every((s) => s.settledAt !== undefined);
    while (!settled() && Date.now() < end) await sleep(100);
    const servers = [...load.servers.values()];
    const count = (status: string): number => servers.filter((s) => s.status === status).length;
    await Promise.all(servers.map((s) => load.delete(s.id)));
    while ((await load.look())?.length !== 0 && Date.now() < end) await sleep(100);
    stop.abort();
    await watching;
    const audit = await load.audit();
    return {
      killed,
      awaySeconds: away / 1000,
      active: count('ACTIVE'),
      error: count('ERROR'),
      stuck: servers.filter((s) => s.settledAt === undefined).length,
      orphans: audit ? audit.orphans.length : NaN,
      lastActiveAfterSeconds:
        Math.round(Math.max(0, Math.max(...servers.map((s) => s.settledAt ?? Infinity)) - backAt) / 100) / 10,
      slowestAnswerSeconds: Math.round(load.slowestAnswerMs / 100) / 10,
      refused: load.refused,
      unanswered: load.unanswered,
    };
  });
}

/** The rows as a Markdown table. */
export function markdownOf(rows: readonly TableRow[]): string {
  return [
    '| killed | away | ACTIVE | ERROR | stuck in BUILD | orphans of any class | all ACTIVE after it is back | slowest answer | 5xx | no answer |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      (r) =>
        `| ${r.killed} | ${r.awaySeconds} s | ${r.active} | ${r.error} | ${r.stuck} | ${r.orphans} | ${r.lastActiveAfterSeconds} s | ${r.slowestAnswerSeconds} s | ${r.refused} | ${r.unanswered} |`,
    ),
  ].join('\n');
}
