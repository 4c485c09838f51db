import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { loadedClient } from '#cli/clients/loaded-client';
import { ensureOpenStackClient } from '#cli/test-tools';

const run = promisify(execFile);

it('A client that is loaded once knows the clouds of the directory that its tests run in', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'novaflow-client-'));
  const clouds = { there: { auth: { auth_url: 'http://127.0.0.1:9/v3', username: 'somebody', project_name: 'p' } } };
  await writeFile(path.join(directory, 'clouds.yaml'), JSON.stringify({ clouds }));
  const python = path.join(path.dirname(await ensureOpenStackClient()), 'python');
  const { bin, stop } = await loadedClient(directory, python);
  onTestFinished(async () => {
    stop();
    await rm(directory, { recursive: true, force: true });
  });
  const args = ['--os-cloud', 'there', 'configuration', 'show', '-f', 'json'];
  const { stdout } = await run(path.join(bin, 'openstack'), args, { cwd: directory, env: { HOME: directory } });
  expect(JSON.parse(stdout)).toMatchObject({ 'auth.username': 'somebody' });
});
