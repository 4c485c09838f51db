import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChaosRecord, ChaosRuns } from '#apps/faults/chaos-runs';
import { chaosRecord } from '../../setup/chaos-record.js';

describe('the chaos runs that a state directory keeps', () => {
  let home: string;
  let runs: ChaosRuns;
  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-chaos-'));
    runs = new ChaosRuns(home);
  });
  afterAll(() => rm(home, { recursive: true, force: true }));
  const day = (n: number): Date => new Date(Date.UTC(2026, 0, n, 12, 30, 15, 250));

  it('are none before the first run', async () => {
    await expect(runs.list()).resolves.toEqual([]);
    await expect(runs.find('20260101T123015Z-1')).resolves.toBeUndefined();
  });

  it('are found again as they were, the newest first', async () => {
    const id = await runs.save(chaosRecord(7, day(1)));
    await runs.save(chaosRecord(8, day(2)));
    expect(id).toBe('20260101T123015Z-7');
    const found = await runs.find(id);
    expect(found).toEqual({ ...chaosRecord(7, day(1)), run: { id, ...chaosRecord(7, day(1)).run } });
    expect(Value.Check(ChaosRecord, found)).toBe(true);
    expect((await runs.list()).map(({ seed }) => seed)).toEqual([8, 7]);
  });

  it('are looked up among the files of their folder, and no name leads out of it', async () => {
    await writeFile(path.join(home, 'secret.json'), '{}');
    for (const id of ['../secret', '..%2Fsecret', '/etc/passwd', '', '20260101T123015Z-9'])
      await expect(runs.find(id)).resolves.toBeUndefined();
  });

  it('give way to newer ones when there are more than twenty', async () => {
    for (let n = 3; n <= 25; n++) await runs.save(chaosRecord(n, day(n)));
    expect(await readdir(path.join(home, 'chaos'))).toHaveLength(20);
    expect((await runs.list()).at(-1)?.seed).toBe(6);
  });
});
