import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ROOT } from '#config';
import { until } from '#cli/bench/measure';
import * as workflows from '#workflows/index';
import { CONDUCTOR_QUEUE } from '#workflows/engine/queues';
import { heldAt, inject } from '../setup/faults.js';
import { closed, replay } from '../setup/temporal.js';
import { Tenant } from '../setup/tenant.js';
import { idle, workflowOf } from '../setup/operations.js';

/** Histories by the version that wrote them. NOVAFLOW_RECORD=1 writes those of the present one. */
const RECORDED = path.join(ROOT, 'test/replay/histories');
const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
/** Kept in Protobuf's own encoding: the SDK's JSON reader does not take every version of protobufjs. */
const { History } = proto.temporal.api.history.v1;

describe('a history that was just made replays', () => {
  const cloud = provided('fake');
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connection: await Connection.connect({ address: cloud.temporalAddress }) });
  });
  afterAll(() => client.connection.close());

  async function check(name: string, kind: string, id: string): Promise<void> {
    await checkWorkflow(name, await workflowOf(cloud, kind, id));
  }

  async function checkWorkflow(name: string, workflowId: string): Promise<void> {
    await closed(client, workflowId);
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    await replay([{ workflowId, history }]);
    if (process.env['NOVAFLOW_RECORD'] === undefined) return;
    await mkdir(path.join(RECORDED, version), { recursive: true });
    await writeFile(
      path.join(RECORDED, version, `${name}.json`),
      `${JSON.stringify({ workflowId, history: Buffer.from(History.encode(history).finish()).toString('base64') })}\n`,
    );
  }

  it('of a boot from an image, and its delete', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post();
    await tenant.settled(id);
    await check('boot-server-from-image', 'bootServer', id);
    await tenant.delete(id);
    await check('delete-server', 'deleteServer', id);
  });

  it('of a boot from a volume with a step that was retried', async () => {
    const tenant = await Tenant.make(cloud);
    const clear = await inject(cloud, {
      project: tenant.api.projectId,
      step: 'connectVolume',
      phase: 'after',
      kind: 'error',
    });
    const id = await tenant.post(tenant.volumeServer());
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await check('boot-server-from-volume-retried', 'bootServer', id);
    await tenant.delete(id);
    await clear();
  });

  it('of a boot that tried host after host, was undone and failed', async () => {
    const tenant = await Tenant.make(cloud);
    const clear = await inject(cloud, {
      project: tenant.api.projectId,
      step: 'spawnServer',
      phase: 'after',
      kind: 'error',
      // Three tries on each of the two hosts.
      times: 6,
    });
    const id = await tenant.post(tenant.volumeServer());
    expect((await tenant.settled(id)).status).toBe('ERROR');
    await check('boot-server-failed', 'bootServer', id);
    await tenant.delete(id);
    await clear();
  });

  it('of a boot that was cancelled by a delete', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await heldAt(cloud, tenant, 'spawnServer');
    await tenant.delete(id);
    await check('boot-server-cancelled', 'bootServer', id);
  });

  it('of every action on a server', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post();
    await tenant.settled(id);
    const acts: readonly (readonly [kind: string, body: object])[] = [
      ['stopServer', { 'os-stop': null }],
      ['startServer', { 'os-start': null }],
      ['pauseServer', { pause: null }],
      ['unpauseServer', { unpause: null }],
      ['suspendServer', { suspend: null }],
      ['resumeServer', { resume: null }],
      ['rebootServer', { reboot: { type: 'HARD' } }],
      ['triggerCrashDump', { trigger_crash_dump: null }],
    ];
    for (const [kind, body] of acts) {
      await tenant.api.call('POST', `/compute/v2.1/servers/${id}/action`, body);
      await idle(cloud, id);
      await check(
        kind.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`),
        kind,
        id,
      );
    }
    await tenant.delete(id);
  });

  it('of a volume and an interface that are attached and detached', async () => {
    const tenant = await Tenant.make(cloud);
    const [id, volume] = [await tenant.post(), await tenant.postVolume()];
    await tenant.settled(id);
    await tenant.volumeSettled(volume);
    const server = `/compute/v2.1/servers/${id}`;
    const done = async (name: string, kind: string): Promise<void> => {
      await idle(cloud, id);
      await check(name, kind, id);
    };
    await tenant.api.call('POST', `${server}/os-volume_attachments`, { volumeAttachment: { volumeId: volume } });
    await done('attach-volume', 'attachVolume');
    await tenant.api.call('DELETE', `${server}/os-volume_attachments/${volume}`);
    await done('detach-volume', 'detachVolume');
    const { interfaceAttachment } = await tenant.api.call<{ interfaceAttachment: { port_id: string } }>(
      'POST',
      `${server}/os-interface`,
      { interfaceAttachment: { net_id: tenant.network } },
    );
    await done('attach-interface', 'attachInterface');
    await tenant.api.call('DELETE', `${server}/os-interface/${interfaceAttachment.port_id}`);
    await done('detach-interface', 'detachInterface');
    await tenant.delete(id);
    await tenant.deleteVolume(volume);
  });

  it('of a volume that was made and deleted, an audit and a purge', async () => {
    const tenant = await Tenant.make(cloud);
    const volume = await tenant.postVolume();
    await check('create-volume', 'createVolume', volume);
    await tenant.deleteVolume(volume);
    await check('delete-volume', 'deleteVolume', volume);
    await tenant.admin.call('POST', '/internal/audit');
    const found = await until(
      async () => {
        for await (const execution of client.workflow.list({
          query: 'WorkflowType = "audit" AND ExecutionStatus = "Completed"',
        }))
          return execution.workflowId;
        return undefined;
      },
      50,
      20_000,
    );
    await checkWorkflow('audit', found);
    const purge = { workflowId: `purge/${volume}`, taskQueue: CONDUCTOR_QUEUE };
    await client.workflow.execute(workflows.purge, purge);
    await checkWorkflow('purge', purge.workflowId);
  });
});

describe('a recorded history replays', async () => {
  const files = (await readdir(RECORDED, { recursive: true }).catch(() => [])).filter((f) => f.endsWith('.json'));
  it('and the present version has one of every workflow', () => {
    const recorded = files.filter((f) => f.startsWith(`${version}/`)).map((f) => path.basename(f, '.json'));
    const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    const without = Object.keys(workflows).filter((name) => !recorded.some((r) => r.startsWith(kebab(name))));
    expect(without, `record them with NOVAFLOW_RECORD=1 npm test test/replay`).toEqual([]);
  });
  async function historyIn(file: string) {
    const { workflowId, history } = JSON.parse(await readFile(path.join(RECORDED, file), 'utf8')) as {
      workflowId: string;
      history: string;
    };
    return { workflowId, history: History.decode(Buffer.from(history, 'base64')) };
  }
  it.each(files)('%s, and each of its timers says what it is for', async (file) => {
    await replay([await historyIn(file)]);
  });
  it('and one with a timer that does not say so is refused', async () => {
    const one = await historyIn(files.find((f) => f.endsWith('boot-server-failed.json'))!);
    for (const event of one.history.events) if (event.timerStartedEventAttributes) event.userMetadata = null;
    await expect(replay([one])).rejects.toThrow(/^Give these timers a summary:\n.*: timer 1/);
  });
});
