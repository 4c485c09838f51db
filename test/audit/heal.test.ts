import { randomUUID } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultStore } from '#apps/faults/store';
import { until } from '#cli/bench/measure';
import type { AuditReport, Orphan } from '#services/audit/index';
import { CLASSES, NETWORK_CLASSES } from '#services/audit/orphans';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject, struck } from '../setup/faults.js';
import { plantBytes, type PlantedBytes } from '../setup/planted-bytes.js';
import { withTemporal } from '../setup/temporal.js';
import { Tenant, adminOf } from '../setup/tenant.js';
import { storedFiles, tokenOf } from '../setup/uploads.js';
import { idle, workflowOf } from '../setup/operations.js';

/** What a network is made of is planted where there is one, and cleared away without an audit (test/drivers/network-sabotage.test.ts). */
const PLANTED = CLASSES.filter((kind) => !(NETWORK_CLASSES as readonly string[]).includes(kind));

/** One orphan of each class is planted; an audit finds it, heals it, says so, and leaves alone what is in use. */
describe('an audit', () => {
  let own: OwnCloud;
  let db: pg.Client;
  let tenant: Tenant;
  /** A server that runs, with a volume: what a healer must not touch. */
  let bystander: string;
  let deleting: string;
  let overdue: string;
  let inStore: PlantedBytes;
  /** What was planted, by class. */
  const planted: Record<string, string> = {};

  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'qemu' });
    db = new pg.Client({ connectionString: own.at.databaseUrl });
    await db.connect();
    tenant = await Tenant.make(own.at);
    bystander = await tenant.post(tenant.volumeServer());
    await tenant.settled(bystander);
  });
  afterAll(async () => {
    await db.end();
    await own.stop();
  });

  const audit = async (body: { heal?: boolean; min_age?: number }): Promise<AuditReport & { counts: object }> =>
    (await adminOf(own.at)).call('POST', '/internal/audit', body);
  const insert = (table: string, row: object): Promise<unknown> =>
    db.query(
      `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
        .map((_, i) => `$${i + 1}`)
        .join(', ')})`,
      Object.values(row),
    );

  /** The one that was planted, of its class. */
  const of = <T extends Orphan>(found: readonly T[], kind: string): T | undefined =>
    found.find((o) => o.kind === kind && (o.id.includes(planted[kind]!) || o.owner === planted[kind]));

  it('finds nothing where nothing is orphaned', async () => {
    expect(await audit({ min_age: 0 })).toMatchObject({ orphans: [], healed: [], unreachable: [] });
  });

  it('finds one orphan of each class', async () => {
    await plantRecords();
    await plantOnHost();
    inStore = await plantBytes(own.at, db, tenant);
    for (const kind of ['image', 'image bytes', 'object bytes'] as const) planted[kind] = inStore[kind];
    await plantStopped();
    const { orphans, counts } = await audit({ min_age: 0 });
    expect(orphans.map((o) => o.kind)).toEqual(expect.arrayContaining(PLANTED));
    expect(Object.keys(planted).filter((kind) => !of(orphans, kind))).toEqual([]);
    expect(orphans.filter((o) => o.owner === bystander)).toEqual([]);
    expect(Object.keys(counts)).toEqual([...CLASSES]);
  });

  it('heals them, says what it did, and then finds none', async () => {
    const { healed, orphans } = await audit({ heal: true, min_age: 0 });
    expect(healed.map((o) => o.kind)).toEqual(expect.arrayContaining(PLANTED));
    expect(Object.keys(planted).filter((kind) => !of(healed, kind)?.done)).toEqual([]);
    expect(orphans).toEqual([
      { kind: 'image', id: inStore.lostImage, why: 'its bytes are not in the object store', missing: true },
    ]);
    await tenant.api.call('DELETE', `/image/v2/images/${inStore.lostImage}`);
    for (const file of [planted['image bytes']!, planted['object bytes']!])
      expect(await storedFiles(own.at, file)).toEqual([]);
    expect(await tenant.api.call('GET', `/image/v2/images/${planted['image']!}`)).toMatchObject({ status: 'queued' });
    // What a repair started (a volume's delete, a cancelled boot) comes to its end, too.
    await until(async () => ((await audit({ min_age: 0 })).orphans.length === 0 ? true : undefined), 200, 60_000);
    await tenant.gone(deleting);
    for (const id of [planted['server']!, overdue])
      expect((await tenant.show(id)).fault?.message).toContain('its workflow ended before');
    expect(healed.find((o) => o.kind === 'workflow' && o.owner === overdue)?.done).toBe('terminated');
    await expect(access(path.join(own.at.home, 'volumes', `${planted['volume bytes']}.raw`))).rejects.toThrow('ENOENT');
  });

  it('names what the records say that a guest has and it has not', async () => {
    const [volume, attachment] = [randomUUID(), randomUUID()];
    const owner = { project_id: tenant.api.projectId, user_id: tenant.userId };
    await insert('cinder.volumes', { id: volume, size: 1, status: 'in-use', ...owner });
    const to = { server_id: bystander, mountpoint: '/dev/vdz' };
    await insert('cinder.volume_attachments', { id: attachment, volume_id: volume, ...to });
    const why = 'the server is ACTIVE, and its guest has no such disk';
    const lacking = { kind: 'guest volume', id: volume, owner: bystander, why, missing: true };
    expect((await audit({ heal: true, min_age: 0 })).orphans).toContainEqual(lacking);
    await db.query('DELETE FROM cinder.volume_attachments WHERE volume_id = $1', [volume]);
    await db.query('DELETE FROM cinder.volumes WHERE id = $1', [volume]);
  });

  it('removes nothing from a host that has come to have an owner between the look and the repair', async () => {
    // The tenant of the planted ones has faults that hold his boots up.
    const other = await Tenant.make(own.at);
    const id = await other.post();
    await other.settled(id);
    const { rows } = await db.query<{ host: string }>('SELECT host FROM nova.servers WHERE id = $1', [id]);
    const onHost = (host: string): Promise<unknown> =>
      db.query('UPDATE nova.servers SET host = $1 WHERE id = $2', [host, id]);
    const faults = new FaultStore(own.at.home);
    const { id: held } = await faults.add({ step: 'clearForRepair', phase: 'before', kind: 'delay', ms: 3_000 });
    await onHost('elsewhere');
    const healing = audit({ heal: true, min_age: 0 });
    await until(() => Promise.resolve(faults.countHits(held) > 0 ? true : undefined), 50, 60_000);
    await onHost(rows[0]!.host);
    expect((await healing).healed).toEqual([]);
    await faults.clear();
    expect(await audit({ min_age: 0 })).toMatchObject({ orphans: [] });
    await other.delete(id);
  });

  it('has left alone what is in use', async () => {
    expect((await tenant.show(bystander)).status).toBe('ACTIVE');
    await tenant.delete(bystander);
    const kept = await fetch(inStore.kept, { headers: { 'x-auth-token': await tokenOf(own.at, tenant) } });
    expect((await kept.arrayBuffer()).byteLength).toBe(1000);
    expect(await audit({ min_age: 0 })).toMatchObject({ orphans: [] });
  });

  it('is kept: the newest one is there to be read, and the metrics say how much it found', async () => {
    const last = await (await adminOf(own.at)).call<AuditReport & { trigger: string }>('GET', '/internal/audit');
    expect(last).toMatchObject({ trigger: 'request', orphans: [] });
    const metrics = await (await fetch(own.at.metricsUrl)).text();
    for (const kind of CLASSES) expect(metrics).toContain(`novaflow_orphans{class="${kind}"} 0`);
    expect(metrics).toMatch(/novaflow_audit_timestamp_seconds 1\.\d+e\+?9|novaflow_audit_timestamp_seconds \d{10}/);
  });

  it('runs by a schedule', async () => {
    await withTemporal(own.at, async (client) => {
      const { action, spec } = await client.schedule.getHandle('audit').describe();
      expect(action).toMatchObject({ type: 'startWorkflow', workflowType: 'audit' });
      expect(spec.intervals).toMatchObject([{ every: 300_000 }]);
      await client.schedule.getHandle('audit').trigger();
    });
    await until(
      async () => {
        const { rows } = await db.query(`SELECT 1 FROM audit.runs WHERE trigger = 'schedule'`);
        return rows.length > 0 ? true : undefined;
      },
      100,
      30_000,
    );
  });

  /** Records whose server is not there. */
  async function plantRecords(): Promise<void> {
    const gone = randomUUID();
    const { rows: providers } = await db.query<{ id: string }>('SELECT id FROM placement.resource_providers LIMIT 1');
    const project = { project_id: tenant.api.projectId, user_id: tenant.userId };
    await insert('placement.allocations', {
      consumer_id: gone,
      resource_provider_id: providers[0]!.id,
      resource_class: 'VCPU',
      used: 1,
      ...project,
    });
    planted['claim'] = gone;
    const port = randomUUID();
    await insert('neutron.ports', {
      id: port,
      project_id: tenant.api.projectId,
      network_id: tenant.network,
      mac_address: 'fa:16:3e:00:00:01',
      device_id: gone,
      device_owner: 'compute:nova',
      created_by_nova: true,
    });
    planted['port'] = port;
    // An address without its port: no foreign key lets that happen, so the key looks away for a moment.
    const { rows: subnets } = await db.query<{ id: string }>('SELECT id FROM neutron.subnets LIMIT 1');
    await db.query(`SET session_replication_role = replica`);
    await insert('neutron.ip_allocations', {
      subnet_id: subnets[0]!.id,
      ip_address: '10.20.99.99',
      port_id: randomUUID(),
    });
    await db.query(`SET session_replication_role = DEFAULT`);
    planted['address'] = '10.20.99.99';
    const [attached, made] = [randomUUID(), randomUUID()];
    await insert('cinder.volumes', { id: attached, size: 1, status: 'in-use', ...project });
    await insert('cinder.volume_attachments', {
      id: randomUUID(),
      volume_id: attached,
      server_id: gone,
      mountpoint: '/dev/vdb',
    });
    planted['attachment'] = attached;
    await insert('cinder.volumes', { id: made, size: 1, status: 'creating', created_for_server: gone, ...project });
    planted['volume'] = made;
    const started = randomUUID();
    await insert('operations.operations', {
      id: started,
      kind: 'deleteVolume',
      resource_type: 'volume',
      resource_id: randomUUID(),
      ...project,
      request_id: 'req-planted',
      state: 'requested',
      input: { volumeId: randomUUID() },
      story: { summary: 'planted', details: 'planted' },
      // So long ago that the relay must have had it, and not due for a while.
      requested_at: new Date(Date.now() - 3_600_000),
      next_attempt_at: new Date(Date.now() + 3_600_000),
    });
    planted['operation'] = started;
  }

  /** Things on a host that no record knows: bytes, a card, a disk. */
  async function plantOnHost(): Promise<void> {
    const bytes = randomUUID();
    await writeFile(path.join(own.at.home, 'volumes', `${bytes}.raw`), '');
    planted['volume bytes'] = bytes;
    const { rows } = await db.query<{ host: string }>('SELECT host FROM nova.services');
    const host = rows[0]!.host;
    const card = randomUUID();
    await mkdir(path.join(own.at.home, 'vifs', host), { recursive: true });
    await writeFile(
      path.join(own.at.home, 'vifs', host, `${card}.json`),
      JSON.stringify({ portId: card, serverId: randomUUID(), host }),
    );
    planted['vif'] = card;
    const disk = randomUUID();
    await mkdir(path.join(own.at.home, 'hosts', host, disk), { recursive: true });
    planted['disk'] = disk;
    // A guest that runs on: the record is taken from under it.
    const guest = await tenant.post();
    expect((await tenant.settled(guest)).status).toBe('ACTIVE');
    await db.query(
      `UPDATE nova.servers SET deleted_at = now() - interval '1 hour', vm_state = 'deleted' WHERE id = $1`,
      [guest],
    );
    planted['guest'] = guest;
    await plantDevices();
  }

  /** A disk and a card of a guest that runs: their records are taken from under them. */
  async function plantDevices(): Promise<void> {
    const [server, volume] = await Promise.all([tenant.post(), tenant.postVolume()]);
    expect((await tenant.settled(server)).status).toBe('ACTIVE');
    expect(await tenant.volumeSettled(volume)).toBe('available');
    const at = `/compute/v2.1/servers/${server}`;
    await tenant.api.call('POST', `${at}/os-volume_attachments`, { volumeAttachment: { volumeId: volume } });
    const { interfaceAttachment } = await tenant.api.call<{ interfaceAttachment: { port_id: string } }>(
      'POST',
      `${at}/os-interface`,
      { interfaceAttachment: { net_id: tenant.network } },
    );
    const port = interfaceAttachment.port_id;
    await idle(own.at, server);
    await db.query('DELETE FROM cinder.volume_attachments WHERE volume_id = $1', [volume]);
    await db.query('DELETE FROM nova.block_device_mappings WHERE volume_id = $1', [volume]);
    await db.query(`UPDATE cinder.volumes SET status = 'available' WHERE id = $1`, [volume]);
    await db.query('DELETE FROM neutron.ip_allocations WHERE port_id = $1', [port]);
    await db.query('DELETE FROM neutron.ports WHERE id = $1', [port]);
    planted['guest volume'] = volume;
    planted['guest card'] = port;
  }

  /** Workflows and servers that have lost each other. */
  async function plantStopped(): Promise<void> {
    const project = tenant.api.projectId;
    const terminate = async (kind: string, id: string): Promise<unknown> => {
      const workflowId = await workflowOf(own.at, kind, id);
      return withTemporal(own.at, (client) => client.workflow.getHandle(workflowId).terminate('planted'));
    };

    // A boot that is complete but for its last step, and whose workflow somebody ended.
    const clearLast = await inject(own.at, {
      project,
      step: 'activateServer',
      phase: 'before',
      kind: 'error',
      times: 0,
    });
    const ended = await tenant.post();
    await struck(own.at, ended);
    await terminate('bootServer', ended);
    await clearLast();
    planted['server'] = ended;

    // A delete whose workflow somebody ended.
    deleting = await tenant.post();
    expect((await tenant.settled(deleting)).status).toBe('ACTIVE');
    const clearDelete = await inject(own.at, {
      project,
      step: 'destroyGuest',
      phase: 'before',
      kind: 'error',
      times: 0,
    });
    await tenant.api.call('DELETE', `/compute/v2.1/servers/${deleting}`);
    await struck(own.at, deleting);
    await terminate('deleteServer', deleting);
    await clearDelete();

    // A boot that goes on though its server is deleted. It is at its first step: a later one would notice, and end it.
    await inject(own.at, { project, step: 'scheduleServer', phase: 'before', kind: 'error', times: 0 });
    const goesOn = await tenant.post();
    await struck(own.at, goesOn);
    await db.query(
      `UPDATE nova.servers SET deleted_at = now() - interval '1 hour', vm_state = 'deleted' WHERE id = $1`,
      [goesOn],
    );
    planted['workflow'] = goesOn;

    // A boot that is long past its build timeout, and whose workflow is still open.
    await inject(own.at, { project, step: 'scheduleServer', phase: 'before', kind: 'error', times: 0 });
    overdue = await tenant.post();
    await struck(own.at, overdue);
    await db.query(`UPDATE operations.operations SET requested_at = now() - interval '1 day' WHERE resource_id = $1`, [
      overdue,
    ]);
  }
});
