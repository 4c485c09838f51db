import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { GUEST_UP, guestImage } from '#apps/standalone/guest-image';
import { replaysAtEnd } from '../setup/temporal.js';
import { Tenant, orphansOf } from '../setup/tenant.js';

const run = promisify(execFile);
const cloud = provided('real');

async function consoleSays(tenant: Tenant, id: string, text: string | RegExp): Promise<string> {
  return until(
    async () => {
      const { status, body } = await tenant.api.request<{ output?: string }>(
        'POST',
        `/compute/v2.1/servers/${id}/action`,
        { 'os-getConsoleOutput': {} },
      );
      return status === 200 && body.output && body.output.search(text) >= 0 ? body.output : undefined;
    },
    100,
    60_000,
  );
}

replaysAtEnd(cloud);

describe('a real guest', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });

  it('runs: its console names it and its server', async () => {
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const console = await consoleSays(tenant, id, id);
    expect(console).toContain(GUEST_UP);
    expect(console).toContain(`server ${id}`);
    const { body } = await tenant.api.request<{ output: string }>('POST', `/compute/v2.1/servers/${id}/action`, {
      'os-getConsoleOutput': { length: 1 },
    });
    expect(body.output.trim().split('\n')).toHaveLength(1);
    await tenant.delete(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it('boots from a volume, and from a qcow2 image', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-qcow2-'));
    await writeFile(path.join(directory, 'raw'), guestImage());
    await run('qemu-img', [
      'convert',
      '-f',
      'raw',
      '-O',
      'qcow2',
      path.join(directory, 'raw'),
      path.join(directory, 'qcow2'),
    ]);
    const bytes = await readFile(path.join(directory, 'qcow2'));
    await rm(directory, { recursive: true });
    const image = await tenant.api.call<{ id: string }>('POST', '/image/v2/images', {
      name: 'as-qcow2',
      disk_format: 'qcow2',
      container_format: 'bare',
    });
    await tenant.api.call('PUT', `/image/v2/images/${image.id}/file`, new Uint8Array(bytes));
    const ids = await Promise.all([
      tenant.post(tenant.volumeServer()),
      tenant.post(tenant.server({ imageRef: image.id })),
    ]);
    for (const id of ids) {
      expect((await tenant.settled(id)).status).toBe('ACTIVE');
      await consoleSays(tenant, id, GUEST_UP);
      await tenant.delete(id);
    }
    expect(await orphansOf(cloud, ids)).toEqual([]);
  });

  it('outlives the compute role, which finds it again', async () => {
    const id = await tenant.post(tenant.server({ user_data: Buffer.from('#cloud-config\n').toString('base64') }));
    await tenant.settled(id);
    // The whole hello: the guest names its devices last, line by line.
    const before = await consoleSays(tenant, id, /^card [^\n]+\n/m);
    const pids = async (): Promise<Record<string, number>> =>
      (JSON.parse(await readFile(path.join(cloud.home, 'ready.json'), 'utf8')) as { pids: Record<string, number> })
        .pids;
    const killed = (await pids())['compute']!;
    process.kill(killed, 'SIGKILL');
    await until(async () => ((await pids())['compute'] === killed ? undefined : true), 50, 30_000);
    // The same run of the guest goes on: it has not said hello a second time.
    expect(await consoleSays(tenant, id, id)).toBe(before);
    await tenant.delete(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});
