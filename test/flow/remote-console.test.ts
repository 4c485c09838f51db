import { once } from 'node:events';
import pg from 'pg';
import { WebSocket } from 'ws';
import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import type { Api } from '#apps/standalone/api';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('real');
const base = cloud.authUrl.replace('/identity/v3', '');

interface Answer {
  readonly remote_console?: { readonly protocol: string; readonly type: string; readonly url: string };
  readonly console?: { readonly type: string; readonly url: string };
  readonly badRequest?: { readonly message: string };
  readonly conflictingRequest?: { readonly message: string };
}
const at = (minor: number) => ({ 'openstack-api-version': `compute 2.${minor}` });
const made = (api: Api, id: string, minor = 6, remote_console: object = { protocol: 'vnc', type: 'novnc' }) =>
  api.request<Answer>('POST', `/compute/v2.1/servers/${id}/remote-consoles`, { remote_console }, at(minor));
const acted = (api: Api, id: string, name: string, type: string, minor = 1) =>
  api.request<Answer>('POST', `/compute/v2.1/servers/${id}/action`, { [name]: { type } }, at(minor));
const tokenOf = (url = ''): string => new URL(url).searchParams.get('token') ?? '';

/** What a viewer gets first, or the status by which it is refused. */
async function seen(
  token: string,
  headers: Record<string, string> = {},
): Promise<{ banner: string; viewer?: WebSocket; status: number }> {
  const viewer = new WebSocket(`${base.replace('http', 'ws')}/dashboard/vnc/websockify?token=${token}`, ['binary'], {
    headers,
  });
  const refused = once(viewer, 'unexpected-response').then(
    ([, answer]) => (answer as { statusCode: number }).statusCode,
  );
  viewer.on('error', () => undefined);
  const first = await Promise.race([once(viewer, 'message') as Promise<Buffer[]>, refused]);
  if (typeof first === 'number') return { banner: '', status: first };
  return { banner: first[0]!.toString(), viewer, status: 101 };
}
const statement = async (text: string, values: unknown[] = []): Promise<void> => {
  const client = new pg.Client({ connectionString: cloud.databaseUrl });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
};

describe('a console in the browser', () => {
  it('shows the display of a real guest to who has its address, and to nobody else', async () => {
    const [tenant, other] = [await Tenant.make(cloud), await Tenant.make(cloud)];
    const id = await tenant.post();
    await tenant.settled(id);

    const { status, body } = await made(tenant.api, id);
    expect([status, body.remote_console?.protocol, body.remote_console?.type]).toEqual([200, 'vnc', 'novnc']);
    expect(body.remote_console?.url).toContain(`${base}/dashboard/console?token=`);
    const token = tokenOf(body.remote_console?.url);
    const { banner, viewer } = await seen(token);
    expect(banner).toMatch(/^RFB 003\.00\d\n$/);
    // The viewer's words reach the guest's display, which offers its kinds of security.
    viewer!.send(Buffer.from(banner));
    const [offered] = (await once(viewer!, 'message')) as Buffer[];
    expect(offered!.length).toBeGreaterThanOrEqual(2);
    viewer!.close();

    const older = await acted(tenant.api, id, 'os-getVNCConsole', 'novnc');
    expect([older.status, older.body.console?.type]).toEqual([200, 'novnc']);
    const second = tokenOf(older.body.console?.url);
    expect((await seen(second, { origin: new URL(base).origin })).banner).toMatch(/^RFB/);

    for (const wrong of ['', 'nothing', '11111111-2222-3333-4444-555555555555', `${token}x`, "'"])
      expect([wrong, (await seen(wrong)).status]).toEqual([wrong, 404]);
    expect((await seen(token, { origin: 'http://elsewhere.example' })).status).toBe(403);
    expect((await made(other.api, id)).status).toBe(404);

    // What it opens is told to administrators.
    const told = (api: Api, minor: number, of = token) =>
      api.request<{ console?: object }>('GET', `/compute/v2.1/os-console-auth-tokens/${of}`, undefined, at(minor));
    expect((await told(tenant.admin, 99)).body.console).toMatchObject({
      instance_uuid: id,
      internal_access_path: null,
    });
    expect((await told(tenant.admin, 30)).status).toBe(401);
    expect((await told(tenant.api, 31)).status).toBe(403);
    expect((await told(tenant.admin, 31, 'nothing')).status).toBe(404);

    await statement(
      "UPDATE nova.console_auth_tokens SET expires_at = now() - interval '1 second' WHERE server_id = $1",
      [id],
    );
    expect((await seen(token)).status).toBe(404);
    await tenant.delete(id);
  });

  it('is closed when its user loses the project, and its token opens nothing any more; and ends with the server', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post();
    await tenant.settled(id);
    const token = tokenOf((await made(tenant.api, id)).body.remote_console?.url);
    const { viewer } = await seen(token);
    const closed = once(viewer!, 'close');
    await tenant.admin.call('PATCH', `/identity/v3/users/${tenant.userId}`, { user: { enabled: false } });
    await closed;
    expect((await seen(token)).status).toBe(404);
    const own = tokenOf((await made(tenant.admin, id)).body.remote_console?.url);
    const last = await seen(own);
    expect(last.banner).toMatch(/^RFB/);
    const gone = once(last.viewer!, 'close');
    await tenant.admin.call('DELETE', `/compute/v2.1/servers/${id}`);
    await gone;
    expect(await until(async () => ((await seen(own)).status === 404 ? true : undefined), 100, 60_000)).toBe(true);
  });

  it('is refused as by a Nova without the other types, and for a server that does not run', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post();
    await tenant.settled(id);
    for (const [protocol, type, minor, says] of [
      ['spice', 'spice-html5', 6, 'Unavailable console type spice-html5.'],
      ['serial', 'serial', 6, 'Unavailable console type serial.'],
      ['rdp', 'rdp-html5', 6, 'Unavailable console type rdp-html5.'],
      ['mks', 'webmks', 8, 'Unavailable console type webmks.'],
      ['vnc', 'xvpvnc', 6, 'Invalid console type xvpvnc'],
    ] as const) {
      const { status, body } = await made(tenant.api, id, minor, { protocol, type });
      expect([type, status, body.badRequest?.message]).toEqual([type, 400, says]);
    }
    expect((await made(tenant.api, id, 6, { protocol: 'mks', type: 'webmks' })).status).toBe(400);
    expect((await made(tenant.api, id, 5)).status).toBe(404);
    for (const [name, type] of [
      ['os-getSPICEConsole', 'spice-html5'],
      ['os-getSerialConsole', 'serial'],
      ['os-getRDPConsole', 'rdp-html5'],
    ] as const)
      expect((await acted(tenant.api, id, name, type)).body.badRequest?.message).toBe(
        `Unavailable console type ${type}.`,
      );
    expect((await acted(tenant.api, id, 'os-getVNCConsole', 'novnc', 6)).status).toBe(400);
    await tenant.api.request('POST', `/compute/v2.1/servers/${id}/action`, { 'os-stop': null });
    await until(async () => ((await tenant.show(id)).status === 'SHUTOFF' ? true : undefined), 100, 60_000);
    const { status, body } = await made(tenant.api, id);
    expect([status, body.conflictingRequest?.message]).toEqual([409, `Instance ${id} is not ready`]);
    await tenant.delete(id);
  });

  it('is refused for a simulated guest, which shows nothing, as by a Nova without that type', async () => {
    const tenant = await Tenant.make(provided('fake'));
    const id = await tenant.post();
    await tenant.settled(id);
    for (const answer of [made(tenant.api, id), acted(tenant.api, id, 'os-getVNCConsole', 'novnc')])
      await expect(answer).resolves.toMatchObject({
        status: 400,
        body: { badRequest: { message: 'Unavailable console type novnc.' } },
      });
  });

  it('does without an upgrade that is for something else', async () => {
    const { request } = await import('node:http');
    const asked = request(`${base}/identity/v3`, {
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' },
    }).end();
    const [answer] = (await once(asked, 'response')) as { statusCode: number }[];
    expect(answer!.statusCode).toBe(200);
  });
});
