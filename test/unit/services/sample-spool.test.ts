import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError, type ApiClient } from '#activities/host/api-client';
import { SampleSpool, type SampleRecord } from '#apps/worker/sample-spool';
import { meterForever } from '#apps/worker/telemetry';
import { until } from '#cli/bench/measure';
import { makeLogger } from '#services/kernel/log';

const sample = (n: number): SampleRecord => ({
  type: 'instance',
  id: `server-${n}`,
  at: new Date(n).toISOString(),
  metrics: { cpu: n },
});

describe('what an agent has measured', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'novaflow-spool-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** An agent for as long as `work` takes. @param answer what the control plane says to a round, or throws */
  const metering = async (
    measure: () => Promise<SampleRecord[]>,
    answer: (samples: readonly SampleRecord[]) => void,
    work: () => Promise<unknown>,
  ): Promise<void> => {
    const stop = new AbortController();
    const put = (_path: string, body: object): Promise<void> =>
      new Promise((resolve) => {
        answer((body as { samples: SampleRecord[] }).samples);
        resolve();
      });
    const api = { put } as unknown as ApiClient;
    const running = meterForever(
      api,
      makeLogger('test', 'silent'),
      { intervalSeconds: 0.05, folder, measure },
      stop.signal,
    );
    try {
      await work();
    } finally {
      stop.abort();
      await running;
    }
  };

  it('waits on the disk while the control plane is away, also over a kill, and is delivered in its order', async () => {
    const before = new SampleSpool(folder);
    await before.put([sample(1)]);
    await until(async () => ((await readdir(folder)).length === 1 ? true : undefined), 5, 1_000);
    // A round is called by the millisecond in which it was taken.
    const taken = Date.now();
    await until(() => Promise.resolve(Date.now() > taken ? true : undefined), 1, 1_000);
    await before.put([sample(2)]);
    const heard: string[] = [];
    let away = true;
    await metering(
      () => Promise.resolve([sample(3)]),
      (samples) => {
        if (away) throw new TypeError('fetch failed');
        heard.push(...samples.map(({ id }) => id));
      },
      async () => {
        await until(async () => ((await readdir(folder)).length >= 3 ? true : undefined), 10, 5_000);
        expect(heard).toEqual([]);
        away = false;
        await until(
          async () => ((await readdir(folder)).length === 0 && heard.length > 2 ? true : undefined),
          10,
          5_000,
        );
      },
    );
    expect(heard.slice(0, 3)).toEqual(['server-1', 'server-2', 'server-3']);
  });

  it('is given up where it is refused for what it is, so that it keeps back nothing behind it', async () => {
    await new SampleSpool(folder).put([sample(1)]);
    const heard: string[] = [];
    await metering(
      () => Promise.resolve([sample(2)]),
      (samples) => {
        if (samples[0]!.id === 'server-1') throw new ApiError(400, 'no such meter');
        heard.push(samples[0]!.id);
      },
      () => until(() => Promise.resolve(heard.length > 0 ? true : undefined), 10, 5_000),
    );
    expect(heard[0]).toBe('server-2');
  });

  it('takes no more than a day’s place: the oldest gives way, and is counted', async () => {
    for (let n = 0; n < 288; n++) await writeFile(path.join(folder, `${1_000_000_000_000 + n}.json`), '[]');
    const spool = new SampleSpool(folder);
    expect(await spool.put([sample(1)])).toBe(1);
    expect((await spool.oldest())!.name).toBe('1000000000001.json');
  });

  it('goes on behind a file that is no round', async () => {
    await writeFile(path.join(folder, '1000000000000.json'), '[{');
    const spool = new SampleSpool(folder);
    await spool.put([sample(1)]);
    expect((await spool.oldest())!.samples).toEqual([sample(1)]);
  });
});
