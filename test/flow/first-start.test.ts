import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { netImage } from '#apps/standalone/net-image/index';
import { scratchHome } from '#apps/standalone/scratch';
import { whyNotLinux } from '#drivers/network/linux/probe';

/** A first start takes half a minute where everything is there; a busy machine takes several times as long. */
const START_MS = 180_000;

const image = await netImage().catch(() => undefined);
const reason = image === undefined ? 'novaflow-net cannot be made here' : await whyNotLinux();
if (reason !== undefined) console.warn(`A first start on a real network is not tested: ${reason}`);

describe.skipIf(reason !== undefined)('npm start', () => {
  let home = '';
  afterAll(() => rm(home, { recursive: true, force: true }));

  it('takes a real network, shows that its first server is reached by its floating IP, and leaves nothing of it when it stops', async () => {
    const scratch = await scratchHome({ NOVAFLOW_HYPERVISOR: 'qemu' }, 'novaflow-start-');
    home = scratch.home;
    const { NOVAFLOW_NETWORK_DRIVER: _driver, ...env } = scratch.env;
    const child = spawn(process.execPath, [path.resolve('dist/apps/standalone/main.js')], { env });
    let said = '';
    const ready = new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes('Ready in')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`It ended with ${code}: ${said}`)));
      setTimeout(() => reject(new Error(`It is not ready: ${said}`)), START_MS).unref();
    });
    try {
      await ready;
      expect(said).toContain('✔ Network: linux');
      const [, address] = /novaflow-net: eth0 (10\.20\.\d+\.\d+)\/16 via 10\.20\.0\.1/.exec(said) ?? [];
      expect(said).toMatch(/ACTIVE after .*, 10\.20\./);
      expect(said).toContain('novaflow-net: metadata from openstack: name first');
      expect(said).toMatch(/npm run outside -- curl http:\/\/203\.0\.113\.\d+\//);
      expect(said).toContain(`| novaflow-net first\n    | eth0 ${address}/16\n`);
    } finally {
      if (child.exitCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGINT');
        await ended;
      }
    }
    // Of this cloud's networks there is a file for each namespace.
    expect((await readdir(path.join(home, 'network'))).filter((name) => name.startsWith('nv'))).toEqual([]);
  });
});
