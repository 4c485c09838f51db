import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { loadConfig } from '#config';
import { makeServices, type Services } from '#services/index';
import type { Engine } from '#services/kernel/engine';
import { makeLogger } from '#services/kernel/log';

/** An engine that takes no start now, as Temporal does under more load than it can carry, and knows no workflow. */
const takesNothing: Engine = {
  start: () => Promise.reject(new Error('deadline exceeded')),
  story: () => Promise.resolve(undefined),
  openWorkflows: () => Promise.resolve([]),
  isOpen: () => Promise.resolve(false),
  cancel: () => Promise.resolve(),
  terminate: () => Promise.resolve(),
};

/** Two deletes of one thing cancel each other, and each waits for the other to end. */
describe('a delete whose workflow somebody ended and that an audit cannot start again at once', () => {
  const [projectId, userId] = [randomUUID(), randomUUID()];
  let home: string;
  let services: Services;
  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-services-'));
    await writeFile(path.join(home, 'fernet-keys'), randomBytes(32).toString('base64url'));
    const config = loadConfig({ NOVAFLOW_HOME: home, NOVAFLOW_SECRETS: home, DATABASE_URL: provided('databaseUrl') });
    services = makeServices(config, takesNothing, makeLogger('test', 'silent'));
  });
  afterAll(async () => {
    await services.close();
    await rm(home, { recursive: true });
  });

  async function begun(kind: string, resource_type: 'server' | 'volume', resource_id: string): Promise<string> {
    const id = randomUUID();
    const story = { summary: '', details: '' };
    const asker = { project_id: projectId, user_id: userId, request_id: 'req-test' };
    const operation = { id, kind, resource_type, resource_id, ...asker, state: 'running', input: {}, story };
    await services.db.operation.create({ data: operation });
    return id;
  }
  const openOf = async (id: string): Promise<string[]> => (await services.operations.openOf(id)).map((o) => o.id);

  it('stays the only one of its server, and is left to the relay', async () => {
    const id = randomUUID();
    const operation = await begun('deleteServer', 'server', id);
    const server = await services.db.server.create({
      data: {
        id,
        project_id: projectId,
        user_id: userId,
        name: 'vm',
        hostname: 'vm',
        vm_state: 'active',
        task_state: 'deleting',
        flavor_id: 'f',
        flavor: {},
        vcpus: 1,
        ram: 1,
        reservation_id: 'r-test',
        operation_id: operation,
      },
    });
    await services.nova.servers.deleteAgain(server);
    expect(await openOf(id)).toEqual([operation]);
    await services.db.server.delete({ where: { id } });
    await services.db.operation.delete({ where: { id: operation } });
  });

  it('stays the only one of its volume, and is left to the relay', async () => {
    const id = randomUUID();
    const operation = await begun('deleteVolume', 'volume', id);
    await services.db.volume.create({
      data: { id, project_id: projectId, user_id: userId, size: 1, status: 'deleting', operation_id: operation },
    });
    await services.cinder.settleOrphan(id);
    expect(await openOf(id)).toEqual([operation]);
    await services.db.volume.delete({ where: { id } });
    await services.db.operation.delete({ where: { id: operation } });
  });
});
