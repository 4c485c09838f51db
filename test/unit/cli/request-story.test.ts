import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { linesOf } from '#cli/logs/lines';
import { tell } from '#cli/logs/story';

const ID = 'req-11111111-2222-3333-4444-555555555555';
const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();

describe('the story of a request', () => {
  let folder: string | undefined;
  afterAll(() => folder && rm(folder, { recursive: true, force: true }));

  it('has the lines of every process in the order in which things began, and none of another request', async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'novaflow-story-'));
    const write = (name: string, ...lines: (object | string)[]): Promise<void> =>
      writeFile(
        path.join(folder!, name),
        lines.map((l) => `${typeof l === 'string' ? l : JSON.stringify(l)}\n`).join(''),
      );
    const step = { requestId: ID, workflowId: 'op', step: 'spawnServer', service: 'compute', level: 'warn' };
    await write(
      'host.log',
      { ...step, time: at(300), attempt: 1, ms: 100, msg: 'step failed', error: 'no disk' },
      `half a line of ${ID}`,
      { ...step, time: at(460), level: 'info', attempt: 2, ms: 50, msg: 'step done' },
    );
    await write('api.log.1', {
      time: at(50),
      service: 'api',
      level: 'info',
      msg: 'request',
      requestId: ID,
      ms: 40,
      method: 'POST',
      path: '/compute/v2.1/servers',
      status: 202,
    });
    await write(
      'api.log',
      {
        time: at(51),
        service: 'api',
        level: 'info',
        msg: 'operation started',
        requestId: ID,
        workflowId: 'op',
        kind: 'bootServer',
      },
      { time: at(60), service: 'api', level: 'info', msg: 'request', requestId: 'req-other' },
    );
    const story = tell(ID, await linesOf(folder, ID), [
      {
        operation: {
          id: 'op',
          kind: 'bootServer',
          resource: { type: 'server', id: 's', name: 'vm' },
          state: 'done',
          error: null,
          requested_at: at(20),
          ended_at: at(520),
        },
        steps: [
          {
            name: 'spawnServer',
            state: 'done',
            started_at: at(190),
            ended_at: at(470),
            host: 'h1',
            branch: null,
            result: 'up',
          },
          {
            name: 'activateServer',
            state: 'waiting',
            started_at: null,
            ended_at: null,
            host: null,
            branch: null,
            result: null,
          },
        ],
      },
    ]);
    expect(story.map((line) => line.trim())).toEqual([
      `${ID}, ${at(10)}`,
      '',
      '+0.000 s  api          40 ms  POST /compute/v2.1/servers: 202',
      '+0.041 s  api                 bootServer begins (operation op)',
      '+0.190 s  compute     100 ms  ✘ spawnServer (attempt 1): no disk',
      '+0.400 s  compute      50 ms  ✔ spawnServer (attempt 2)',
      '',
      'bootServer of server s (operation op): done after 500 ms in all',
      'spawnServer  done        280 ms  on h1, up',
    ]);
  });
});
