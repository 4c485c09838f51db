import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { pathOfConsole } from '#drivers/host-api/client';
import { TOKEN_MS, sign } from '#drivers/host-api/token';
import { until } from '#cli/bench/measure';
import { openDatabase } from '#services/kernel/database';
import { keysOf, readRepository } from '#services/keystone/keys/repository';
import { Fernet } from '#services/keystone/tokens/fernet';
import { startCloud, type OwnCloud, type TestCloud } from '../setup/clouds.js';
import { heldAt } from '../setup/faults.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
/** What the fake hypervisor's guests say. */
const GUEST_UP = 'novaflow: guest up';

interface Answer {
  readonly output?: string;
  readonly serviceUnavailable?: { readonly message: string };
  readonly conflictingRequest?: { readonly message: string };
}
const consoleOf = (tenant: Tenant, id: string, input: object = {}) =>
  tenant.api.request<Answer>('POST', `/compute/v2.1/servers/${id}/action`, { 'os-getConsoleOutput': input });

async function booted(at: TestCloud): Promise<{ tenant: Tenant; id: string }> {
  const tenant = await Tenant.make(at);
  const id = await tenant.post();
  expect((await tenant.settled(id)).status).toBe('ACTIVE');
  return { tenant, id };
}

/** Where a host is asked for its guests, and the key that opens it: what only the api knows. */
async function hostApiOf(at: TestCloud, serverId: string): Promise<{ url: string; key: string; host: string }> {
  const { db, close } = openDatabase(at.databaseUrl, 1);
  try {
    const server = await db.server.findUniqueOrThrow({ where: { id: serverId } });
    const service = await db.computeService.findUniqueOrThrow({ where: { host: server.host! } });
    const keys = keysOf(readRepository(path.join(at.home, 'secrets/fernet-keys')));
    return {
      url: service.api_url!,
      key: new Fernet(keys).open(service.api_key!)!.toString(),
      host: service.host,
    };
  } finally {
    await close();
  }
}

describe('a console', () => {
  it('is shown to its project: all of it, or the last lines', async () => {
    const { tenant, id } = await booted(cloud);
    const all = await consoleOf(tenant, id);
    expect([all.status, all.body.output]).toEqual([200, expect.stringContaining(`${GUEST_UP}\nserver ${id}\n`)]);
    expect((await consoleOf(tenant, id, { length: 1 })).body.output?.trim()).toBe(`server ${id}`);
    expect((await consoleOf(tenant, id, { length: '0' })).body.output?.trim()).toBe('');
    expect((await consoleOf(tenant, id, { length: -1 })).body.output).toBe(all.body.output);
    const atOnce = await Promise.all(Array.from({ length: 20 }, () => consoleOf(tenant, id)));
    expect(atOnce.map((a) => a.status)).toEqual(Array.from({ length: 20 }, () => 200));
    await tenant.delete(id);
    expect((await consoleOf(tenant, id)).status).toBe(404);
  });

  it("of another project's server is not there, and of a server in BUILD not ready", async () => {
    const { tenant, id } = await booted(cloud);
    expect((await consoleOf(await Tenant.make(cloud), id)).status).toBe(404);
    const building = await heldAt(cloud, tenant, 'spawnServer');
    const { status, body } = await consoleOf(tenant, building);
    expect([status, body.conflictingRequest?.message]).toEqual([409, `Instance ${building} is not ready`]);
    await Promise.all([tenant.delete(id), tenant.delete(building)]);
  });

  it('is in no history and nowhere in the database of Temporal', async () => {
    const { tenant, id } = await booted(cloud);
    expect((await consoleOf(tenant, id)).body.output).toContain(GUEST_UP);
    const files = (await readdir(cloud.home)).filter((name) => /^temporal.*\.db/.test(name));
    expect(files).not.toEqual([]);
    for (const file of files) {
      // A file of SQLite's may be gone again.
      const bytes = await readFile(path.join(cloud.home, file)).catch(() => Buffer.alloc(0));
      expect([file, bytes.includes(GUEST_UP)]).toEqual([file, false]);
    }
    const logs = await readFile(path.join(cloud.home, 'logs/api.log'), 'utf8');
    const { key } = await hostApiOf(cloud, id);
    expect([logs.includes(GUEST_UP), logs.includes(key)]).toEqual([false, false]);
    await tenant.delete(id);
  });

  it('is given by the host for a token of this moment and this path alone', async () => {
    const { tenant, id } = await booted(cloud);
    const { url, key, host } = await hostApiOf(cloud, id);
    const target = pathOfConsole({ host, serverId: id });
    const other = pathOfConsole({ host, serverId: '11111111-2222-3333-4444-555555555555' });
    const soon = Date.now() + TOKEN_MS;
    const ask = async (at: string, token?: string, method = 'GET'): Promise<number> =>
      (await fetch(url + at, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }))
        .status;
    const good = sign(key, 'GET', target, soon);
    expect(await ask(target, good)).toBe(200);
    expect(await ask(other, sign(key, 'GET', other, soon))).toBe(404);
    for (const [at, token, method] of [
      [target, undefined],
      [target, 'nonsense'],
      [target, good.slice(0, -1)],
      [target, good.replace(/^\d+/, String(soon + 1))],
      [target, sign('another key', 'GET', target, soon)],
      [target, sign(key, 'GET', target, Date.now() - 1)],
      // One that was made to live for long.
      [target, sign(key, 'GET', target, Date.now() + 3_600_000)],
      [target, sign(key, 'POST', target, soon)],
      [target, good, 'POST'],
      [other, good],
      [`${target}?lines=5`, good],
    ] as const)
      expect([at, token, await ask(at, token, method)]).toEqual([at, token, 401]);
    for (const wrong of ['/', '/guests', `/guests/${host}/..%2f..%2fetc/console`, `/guests/..%2f/${id}/console`])
      expect([wrong, await ask(wrong, sign(key, 'GET', wrong, soon))]).toEqual([wrong, 404]);
    await tenant.delete(id);
  });
});

describe('without the rest of the cloud', () => {
  let own: OwnCloud;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
  });
  afterAll(() => own.stop());

  it('a console is shown while Temporal is away, after a restart of its host, and not when that is away', async () => {
    const { tenant, id } = await booted(own.at);
    await own.cloud.suspend('temporal');
    expect((await consoleOf(tenant, id)).status).toBe(200);
    await own.cloud.resume('temporal');
    const before = await hostApiOf(own.at, id);
    await own.cloud.suspend('compute');
    const { status, body } = await consoleOf(tenant, id);
    expect([status, body.serviceUnavailable?.message]).toEqual([
      503,
      `Host ${before.host} does not answer for now; try again.`,
    ]);
    await own.cloud.resume('compute');
    await until(async () => ((await consoleOf(tenant, id)).status === 200 ? true : undefined), 100, 30_000);
    const after = await hostApiOf(own.at, id);
    expect(after.key).not.toBe(before.key);
    await tenant.delete(id);
  });
});
