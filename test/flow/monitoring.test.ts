import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '#config';
import { inject } from '../setup/faults.js';
import { Tenant } from '../setup/tenant.js';

/** What operators load into Prometheus and Grafana, and what they must find at the processes. */
const cloud = provided('fake');
const PROMTOOL = process.env['NOVAFLOW_TEST_PROMTOOL'];
const FILES = path.join(ROOT, 'docs/operators/monitoring');
/** Prometheus's own, and one that Temporal's SDK shows after the first workflow that was cancelled. */
const ELSEWHERE = new Set(['up', 'temporal_workflow_canceled_total']);

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** Each expression by what it belongs to. */
async function expressions(): Promise<(readonly [string, string])[]> {
  const rules = parse(await readFile(path.join(FILES, 'alerts.yaml'), 'utf8')) as Rules;
  const { panels } = JSON.parse(await readFile(path.join(FILES, 'grafana.json'), 'utf8')) as Dashboard;
  return [
    ...rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr] as const)),
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ];
}

/** The metrics of an expression: names with an underscore, once what is in braces, brackets and `by (…)` is taken out. */
const metricsOf = (expression: string): string[] =>
  [
    ...expression
      .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|without) \([^)]*\)/g, ' ')
      .matchAll(/\b(up|[a-z]+(?:_[a-z0-9]+)+)\b(?! *\()/g),
  ].map(([name]) => name);

describe('metrics', () => {
  let pages: string[];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'novaflow-monitoring-'));
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    // One boot that does a step again, and one that fails: what only failures count is counted.
    await inject(cloud, { project, step: 'spawnServer', phase: 'before', kind: 'error', times: 1 });
    const good = await tenant.post();
    await tenant.settled(good);
    await inject(cloud, { project, step: 'allocateNetwork', phase: 'before', kind: 'fatal', times: 1 });
    const bad = await tenant.post();
    await tenant.settled(bad);
    await tenant.delete(good);
    await tenant.delete(bad);
    await Promise.all([tenant.gone(good), tenant.gone(bad)]);
    await tenant.admin.call('POST', '/internal/audit', {});
    pages = await Promise.all(cloud.metricsUrls.map(async (url) => (await fetch(url)).text()));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('of every process are there, and each step is counted where it ran', () => {
    const [api, conductor, host] = pages;
    for (const page of pages) expect(page).toMatch(/^nodejs_eventloop_lag_seconds /m);
    expect(api).toMatch(/^novaflow_cluster_observer 1$/m);
    expect(api).toMatch(/^novaflow_outbox_rows \d+$/m);
    for (const page of [api, conductor]) expect(page).toMatch(/^novaflow_database_connections\{state="idle"\} \d+$/m);
    expect(conductor).toMatch(/^novaflow_step_seconds_count\{step="allocateNetwork",outcome="abort"\} [1-9]/m);
    expect(conductor).toMatch(/^temporal_workflow_completed_total\{[^}]*workflow_type="bootServer"[^}]*\} [1-9]/m);
    expect(host).toMatch(/^novaflow_step_seconds_count\{step="spawnServer",outcome="retry"\} [1-9]/m);
    expect(host).toMatch(/^novaflow_step_retries_total\{step="spawnServer"\} [1-9]/m);
    expect(host).not.toContain('novaflow_database');
    expect(conductor).not.toContain('novaflow_outbox_rows');
  });

  it('that alerts and the dashboard name are all there', async () => {
    const served = new Set(
      pages.flatMap((page) => [
        ...[...page.matchAll(/^([a-z_0-9]+)[{ ]/gm)].map(([, name]) => name),
        ...[...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
          type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => `${name}${end}`) : [name],
        ),
      ]),
    );
    const missing = (await expressions()).flatMap(([where, expression]) => {
      const names = metricsOf(expression);
      return (names.length === 0 ? ['(none)'] : names)
        .filter((name) => !served.has(name) && !ELSEWHERE.has(name))
        .map((name) => `${where}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it.skipIf(PROMTOOL === undefined)(
    'and the rules, the dashboard and the configuration are what Prometheus takes',
    async () => {
      const run = promisify(execFile);
      // A dashboard is nothing that promtool reads, so its expressions are put into rules.
      const rules = (await expressions()).map(([, expr], i) => ({ record: `panel:${i}`, expr }));
      const file = path.join(folder, 'panels.json');
      await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
      await run(PROMTOOL!, ['check', 'rules', path.join(FILES, 'alerts.yaml'), file]);
      await run(PROMTOOL!, ['check', 'config', path.join(FILES, 'prometheus.yaml')]);
      for (const page of pages) {
        const checked = run(PROMTOOL!, ['check', 'metrics']);
        // Of the others it finds fault with names that are prom-client's.
        checked.child.stdin?.end(page.replaceAll(/^(?!.*\bnovaflow_).*\n/gm, ''));
        await checked;
      }
    },
  );
});
