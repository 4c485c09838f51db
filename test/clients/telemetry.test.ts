import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { guestImage } from '#apps/standalone/guest-image';
import { clientOf } from './client.js';

const cloud = provided('real');
const { openstack, json } = clientOf(cloud);
const admin = clientOf(cloud, { OS_CLOUD: 'novaflow-admin' });
const NAME = 'measured';

interface Measure {
  readonly timestamp: string;
  readonly granularity: number;
  readonly value: number;
}
interface Resource {
  readonly id: string;
  readonly type: string;
  readonly ended_at: string | null;
  readonly metrics: Readonly<Record<string, string>>;
}
/** What Aodh posts to a webhook (aodh/notifier/rest.py). */
interface Told {
  readonly alarm_id: string;
  readonly current: string;
}

/**
 * A tenth of a second of a processor from one sample to the next: a guest that sleeps takes less, and one that works more, also on a
 * busy machine. A rate is looked for one granularity back, and samples are seconds apart: so it is that of a minute.
 */
const THRESHOLD_NS = 100_000_000;
/** Agents, the evaluator and the meter of the records come by every few seconds, the last one every fifteen. */
const soon = <T>(what: string, look: () => Promise<T | undefined>): Promise<T> =>
  until(look, 200, 90_000).catch((error: unknown) => {
    throw new Error(`${what}: never`, { cause: error });
  });

/** A receiver of alarms' webhooks, on loopback. */
class Receiver {
  readonly told: Told[] = [];
  private readonly server = http.createServer((request, response) => void this.take(request, response));

  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.told.push(JSON.parse(await text(request)) as Told);
    response.end();
  }
  async open(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  close(): Promise<unknown> {
    return new Promise((done) => this.server.close(done));
  }
  hears(current: string): Promise<Told> {
    return soon(`the alarm tells of ${current}`, async () => this.told.find((one) => one.current === current));
  }
}

/** One server, whose guest works without a pause from its start on, and one volume: what is measured of them, and what comes of that. */
describe('the unmodified openstack client, of what is measured,', () => {
  const receiver = new Receiver();
  let url: string;
  let server: string;
  let volume: string;
  let alarm_id: string;
  beforeAll(async () => {
    url = await receiver.open();
    const file = path.join(cloud.home, 'works.img');
    await writeFile(file, guestImage({ works: true }));
    const raw = ['--disk-format', 'raw', '--container-format', 'bare', '--file', file];
    await openstack('image', 'create', ...raw, 'works');
    const where = ['--image', 'works', '--flavor', 'm1.nano', '--network', 'private'];
    [{ id: server }, { id: volume }] = await Promise.all([
      json<{ id: string }>('server', 'create', '--wait', ...where, NAME),
      json<{ id: string }>('volume', 'create', '--size', '1', NAME),
    ]);
  });
  afterAll(() => receiver.close());

  const resource = (type: string, id: string): Promise<Resource> =>
    json<Resource>('metric', 'resource', 'show', '--type', type, id);
  const measures = (metric: string, ...more: string[]): Promise<Measure[]> =>
    json<Measure[]>('metric', 'measures', 'show', metric, '-r', server, '--granularity', '1', ...more);

  it('shows a real guest’s resource and its samples, second by second', async () => {
    const listed = await soon('the guest is measured', async () => {
      const rows = await json<Resource[]>('metric', 'resource', 'list', '--type', 'instance');
      return rows.find(({ id }) => id === server);
    });
    expect(listed).toMatchObject({ type: 'instance', display_name: NAME, flavor_name: 'm1.nano', ended_at: null });
    // Its boot may have been heard of before the guest was measured.
    await soon('its processor is measured', async () =>
      'cpu' in (await resource('instance', server)).metrics ? true : undefined,
    );
    const cpu = await soon('its processor is measured again', async () => {
      const rows = await measures('cpu');
      return rows.length > 2 ? rows.map(({ value }) => value) : undefined;
    });
    expect(cpu.toSorted((a, b) => a - b)).toEqual(cpu);
    expect(cpu.at(-1)).toBeGreaterThan(cpu[0]!);
    expect((await measures('memory.usage')).at(-1)!.value).toBeGreaterThan(1);
    expect((await measures('power.state')).at(-1)!.value).toBe(1);
  });

  it('makes an alarm that goes off since the guest works, is over when it may work more, and tells a webhook both times', async () => {
    const what = ['--resource-type', 'instance', '--resource-id', server, '--metric', 'cpu'];
    const how = ['--aggregation-method', 'rate:mean', '--granularity', '60', '--evaluation-periods', '1'];
    const above = ['--comparison-operator', 'gt', '--threshold', String(THRESHOLD_NS)];
    const actions = ['--alarm-action', `${url}/alarm`, '--ok-action', `${url}/ok`];
    const rule = ['--type', 'gnocchi_resources_threshold', ...what, ...how, ...above];
    ({ alarm_id } = await json<{ alarm_id: string }>('alarm', 'create', '--name', 'busy', ...rule, ...actions));
    expect(await receiver.hears('alarm')).toEqual({
      alarm_id,
      alarm_name: 'busy',
      severity: 'low',
      previous: expect.stringMatching(/^(insufficient data|ok)$/) as string,
      current: 'alarm',
      reason: expect.stringMatching(
        /^Transition to alarm due to 1 samples outside threshold, most recent: \d/,
      ) as string,
      reason_data: { type: 'threshold', disposition: 'outside', count: 1, most_recent: expect.any(Number) as number },
    });
    await openstack('alarm', 'update', alarm_id, '--threshold', '1e12');
    expect(await receiver.hears('ok')).toMatchObject({ alarm_id, reason_data: { disposition: 'inside', count: 1 } });
  });

  it('shows an alarm’s history, lists and shows it, sets its state and deletes it', async () => {
    const history = await json<{ type: string; detail: string }[]>('alarm-history', 'show', alarm_id);
    const states = history
      .filter(({ type }) => type === 'state transition')
      .map(({ detail }) => (JSON.parse(detail) as { state: string }).state);
    expect(states).toEqual(expect.arrayContaining(['alarm', 'ok']));
    expect(history.at(-1)?.type).toBe('creation');
    expect(await json('alarm', 'list')).toContainEqual(
      expect.objectContaining({ alarm_id, name: 'busy', enabled: true }),
    );
    expect(await json('alarm', 'update', alarm_id, '--enabled', 'false')).toMatchObject({ enabled: false });
    expect(await json('alarm', 'state', 'set', alarm_id, '--state', 'alarm')).toEqual({ state: 'alarm' });
    expect(await json('alarm', 'state', 'get', 'busy')).toEqual({ state: 'alarm' });
    expect(await json('alarm', 'show', 'busy')).toMatchObject({ alarm_id, metric: 'cpu', threshold: 1e12 });
    await openstack('alarm', 'delete', 'busy');
    expect(await json<object[]>('alarm', 'list')).not.toContainEqual(expect.objectContaining({ alarm_id }));
  });

  it('shows when a server and a volume ended, once they are deleted, and what was measured of them still', async () => {
    await soon('the volume is measured', async () => {
      const rows = await json<Resource[]>('metric', 'resource', 'list', '--type', 'volume');
      return rows.find(({ id }) => id === volume);
    });
    await Promise.all([openstack('server', 'delete', '--wait', NAME), openstack('volume', 'delete', volume)]);
    for (const [type, id] of [
      ['instance', server],
      ['instance_disk', `${server}-vda`],
      ['volume', volume],
    ] as const)
      await soon(`the ${type} ends`, async () => {
        const rows = await json<(Resource & { original_resource_id: string })[]>(
          'metric',
          'resource',
          'list',
          '--type',
          type,
        );
        return rows.find(({ original_resource_id: name, ended_at }) => name === id && ended_at !== null);
      });
    expect((await measures('cpu')).length).toBeGreaterThan(2);
  });

  it('makes archive policies as an administrator, for metrics that a user fills', async () => {
    const policy = ['metric', 'archive-policy', 'create', 'by-the-second', '-d', 'granularity:1s,points:60'];
    await expect(openstack(...policy)).rejects.toThrow('403');
    expect(await admin.json(...policy)).toMatchObject({ name: 'by-the-second' });
    const { id } = await json<{ id: string }>('metric', 'create', '-a', 'by-the-second', '-u', 'W', 'power');
    await openstack('metric', 'measures', 'add', '-m', '2026-01-01T00:00:00@4', '-m', '2026-01-01T00:00:00.5@6', id);
    expect(await json('metric', 'measures', 'show', '--utc', id)).toEqual([
      { timestamp: '2026-01-01T00:00:00+00:00', granularity: 1, value: 5 },
    ]);
    await openstack('metric', 'delete', id);
  });
});
