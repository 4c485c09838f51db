import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject as provided, it } from 'vitest';
import { ROOT } from '#config';
import { linesOf } from '#cli/logs/lines';
import { inject } from '../setup/faults.js';
import { Tenant } from '../setup/tenant.js';

/** npm run logs: one request across the processes. */
const cloud = provided('fake');

/** What the tool prints. */
async function story(requestId: string): Promise<string[]> {
  const tool = [path.join(ROOT, 'dist/cli/logs/main.js'), '--request', requestId];
  const env = { ...process.env, NOVAFLOW_HOME: cloud.home };
  return (await promisify(execFile)(process.execPath, tool, { env })).stdout.split('\n').map((line) => line.trim());
}

describe('the log of a request', () => {
  it('goes from the api to the host under one id, and is told as a story with every attempt', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'before', kind: 'error', times: 1 });
    const id = await tenant.post(tenant.server({ config_drive: true }));
    await tenant.settled(id);
    const actions = await tenant.api.call<{ instanceActions: { request_id: string }[] }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions`,
    );
    const requestId = actions.instanceActions[0]!.request_id;
    const lines = await linesOf(path.join(cloud.home, 'logs'), requestId);
    // A host reads the user data from the api in the course of a step: that request has an id of its own, and names this one.
    expect(lines.filter((line) => line.globalRequestId === requestId).map((line) => line.path)).toContain(
      `/internal/servers/${id}/guest-data`,
    );
    const told = (await story(requestId)).join('\n');
    expect(told).toMatch(
      /POST \/compute\/v2\.1\/servers: 202\n(.*\n)*.* bootServer begins \(operation .*\n(.*\n)*.*conductor .*✔ scheduleServer\n(.*\n)*.*compute.*✘ spawnServer \(attempt 1\): injected error before spawnServer\n(.*\n)*.*compute.*✔ spawnServer \(attempt 2\)\n(.*\n)*.*conductor .*✔ activateServer\n/,
    );
    expect(told).toMatch(new RegExp(`^bootServer of server ${id} \\(operation .*\\): done after \\d+ ms in all$`, 'm'));
    expect(told).toMatch(/^spawnServer +done +\d+ ms +on /m);
    await tenant.delete(id);
  });
});
