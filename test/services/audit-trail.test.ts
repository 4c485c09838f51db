import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Deed } from '#services/audit-trail/index';
import { AuditTrail } from '#services/audit-trail/index';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';
import { makeLogger } from '#services/kernel/log';
import { until } from '#cli/bench/measure';
import { ServiceApi } from '../setup/service-api.js';

interface Event {
  id: string;
  eventTime: string;
  action: string;
  outcome: string;
  initiator: { id: string; name?: string; project_id?: string; host: { address: string; agent?: string } };
  target: { id: string; typeURI: string };
  observer: { id: string; typeURI: string };
  requestPath: string;
  reason: { reasonType: string; reasonCode: string };
  tags: string[];
}

describe('the audit trail', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  const list = async (query: string): Promise<Event[]> =>
    (await api.admin.call<{ events: Event[] }>('GET', `/internal/audit-trail?${query}`)).events;
  /** The event of a request, as soon as it is written. */
  const eventOf = (requestId: string): Promise<Event> =>
    until(async () => (await list(`request_id=${requestId}`))[0], 50, 5_000);
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await api.admin.request<Record<string, { id: string }>>(method, path, body);
    return { ...answer, requestId: answer.headers.get('x-openstack-request-id')! };
  };
  const logIn = (user: object) =>
    fetch(`${api.admin.base}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'a test' },
      body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } } } }),
    });

  it('says with CADF’s names who made what, by which request and how that ended, and no more', async () => {
    const { requestId, body } = await ask('POST', '/identity/v3/projects?token=hidden', {
      project: { name: 'trailed', description: 'not for the trail' },
    });
    const event = await eventOf(requestId);
    const { tokens } = api.services.keystone;
    const { user, project, auditIds } = await tokens.validate(api.admin.sessionToken);
    expect(event).toEqual({
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      id: requestId.slice('req-'.length),
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$/),
      action: 'create',
      outcome: 'success',
      initiator: {
        id: user.id,
        typeURI: 'service/security/account/user',
        user_id: user.id,
        project_id: project!.id,
        host: { address: '127.0.0.1', agent: expect.any(String) },
      },
      target: { id: body['project']!.id, typeURI: 'service/security/project' },
      observer: { id: 'identity', typeURI: 'service/security' },
      requestPath: '/identity/v3/projects?token=***',
      reason: { reasonType: 'HTTP', reasonCode: '201' },
      tags: [`correlation_id?value=${requestId}`, `audit_id?value=${auditIds[0]}`],
    });
    const { rows } = await api.database.query<{ late: boolean }>(
      `SELECT now() - at > interval '30 seconds' OR at > now() AS late FROM audit.trail WHERE request_id = $1`,
      [requestId],
    );
    expect(rows).toEqual([{ late: false }]);
  });

  it('has what was refused, as a failure with its reason', async () => {
    const { requestId } = await ask('DELETE', '/identity/v3/projects/nothing');
    expect(await eventOf(requestId)).toMatchObject({
      action: 'delete',
      outcome: 'failure',
      target: { id: 'nothing' },
      reason: { reasonCode: '404' },
    });
  });

  it('has log-ins: whose it was, and of one that failed whom it was said to be; and never a password', async () => {
    const refused = await logIn({ name: 'admin', domain: { id: 'default' }, password: 'wrong' });
    expect(refused.status).toBe(401);
    const failed = await eventOf(refused.headers.get('x-openstack-request-id')!);
    expect(failed).toMatchObject({
      action: 'authenticate',
      outcome: 'failure',
      initiator: { id: 'unknown', name: 'admin', host: { agent: 'a test' } },
      target: { id: 'unknown', typeURI: 'service/security/token' },
    });
    await api.admin.renew();
    const { user, project, auditIds } = await api.services.keystone.tokens.validate(api.admin.sessionToken);
    const found = await until(
      async () => (await list(`action=authenticate&outcome=success&target=${auditIds[0]}`))[0],
      50,
      5_000,
    );
    expect(found.initiator).toMatchObject({ id: user.id, project_id: project!.id });
    const { rows } = await api.database.query(
      `SELECT 1 FROM audit.trail WHERE event::text ~ 'wrong|gAAAA|description'`,
    );
    expect(rows).toEqual([]);
  });

  it('has nothing of what changes nothing, of paths that are none, nor of who shows no token', async () => {
    const read = await ask('GET', '/identity/v3/projects');
    const unheard = await fetch(`${api.admin.base}/identity/v3/projects`, { method: 'POST' });
    expect(unheard.status).toBe(401);
    const nowhere = await ask('POST', '/identity/v3/nowhere', {});
    const change = await ask('POST', '/identity/v3/roles', { role: { name: 'trailed' } });
    await eventOf(change.requestId);
    expect(await list(`request_id=${read.requestId}`)).toEqual([]);
    expect(await list(`request_id=${nowhere.requestId}`)).toEqual([]);
    expect(await list(`request_id=${unheard.headers.get('x-openstack-request-id')}`)).toEqual([]);
  });

  it('has what was done for somebody who left before he was answered', async () => {
    const { hostname, port } = new URL(api.admin.base);
    const body = JSON.stringify({ project: { name: 'left' } });
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const head = ['POST /identity/v3/projects HTTP/1.1', 'host: cloud', 'content-type: application/json'];
    const lines = [...head, `x-auth-token: ${api.admin.sessionToken}`, `content-length: ${body.length}`];
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
    const made = await until(
      async () =>
        (await api.admin.call<{ projects: { id: string }[] }>('GET', '/identity/v3/projects?name=left')).projects[0],
      50,
      5_000,
    );
    const event = await until(async () => (await list(`target=${made.id}`))[0], 50, 5_000);
    expect(event).toMatchObject({ outcome: 'success', initiator: { host: { address: '127.0.0.1' } } });
  });

  it('is not kept from writing by what the database cannot hold', async () => {
    const before = api.services.auditTrail.dropped;
    const { requestId } = await ask('DELETE', `/identity/v3/projects/a%00b`);
    expect((await eventOf(requestId)).target.id).toBe('a\ufffdb');
    const long = await ask('DELETE', `/identity/v3/projects/${encodeURIComponent(`${'x'.repeat(254)}😀`)}`);
    expect((await eventOf(long.requestId)).target.id).toBe(`${'x'.repeat(254)}\ufffd…`);
    expect(api.services.auditTrail.dropped).toBe(before);
  });

  it('is read by filters and page by page, the newest first', async () => {
    const requestIds: string[] = [];
    for (const name of ['one', 'two', 'three'])
      requestIds.push((await ask('POST', '/identity/v3/users', { user: { name } })).requestId);
    for (const id of requestIds) await eventOf(id);
    const events = await list('action=identity/user/create');
    expect(events.map(({ id }) => `req-${id}`)).toEqual(requestIds.toReversed());
    expect(await list('action=user&limit=2')).toEqual(events.slice(0, 2));
    expect(await list(`action=user&limit=2&marker=${events[1]!.id}`)).toEqual(events.slice(2));
    const [newest] = events;
    expect(await list(`target=${newest!.target.id}`)).toEqual([newest]);
    expect((await list(`initiator=${newest!.initiator.id}`)).length).toBeGreaterThan(3);
    expect(await list('initiator=nobody')).toEqual([]);
    expect(await list(`project=${newest!.initiator.project_id}&action=user`)).toEqual(events);
    expect(await list(`action=user&since=${newest!.eventTime.replace('+0000', 'Z')}`)).toEqual([newest]);
    expect(await list(`action=user&until=2020-01-01`)).toEqual([]);
    for (const wrong of ['marker=none', 'since=yesterday', 'limit=many', 'outcome=perhaps'])
      expect((await ask('GET', `/internal/audit-trail?${wrong}`)).status).toBe(400);
  });

  it('is for administrators alone', async () => {
    expect((await fetch(`${api.admin.base}/internal/audit-trail`)).status).toBe(401);
  });
});

describe('an audit trail by itself', () => {
  let server: ServiceApi;
  let open: OpenDatabase;
  beforeAll(async () => {
    server = await ServiceApi.start(provided('databaseUrl'));
    open = openDatabase(server.databaseUrl, 2);
  });
  afterAll(async () => {
    await open.close();
    await server.stop();
  });

  const lines: Record<string, unknown>[] = [];
  const log = makeLogger('audit', 'info', {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const trailWith = (sql: OpenDatabase['sql'], retentionDays = 0) =>
    new AuditTrail(sql, log, { enabled: true, retentionDays });
  const deed = (n: number): Deed => ({
    requestId: `req-own-${n}`,
    initiator: { address: '127.0.0.1' },
    service: 'compute',
    resource: 'server',
    action: 'create',
    path: '/compute/v2.1/servers',
    status: 202,
  });
  const written = async (): Promise<number> =>
    Number(
      (await server.database.query<{ n: string }>(`SELECT count(*) AS n FROM audit.trail WHERE id LIKE 'own-%'`))
        .rows[0]!.n,
    );

  it('writes what waits when it is closed, and each event as a line of the log, too', async () => {
    const trail = trailWith(open.sql);
    for (let n = 0; n < 2_500; n++) trail.note(deed(n));
    await trail.close();
    expect([await written(), trail.dropped]).toEqual([2_500, 0]);
    expect(lines.length).toBe(2_500);
    expect(lines[0]).toMatchObject({ service: 'audit', action: 'create', reason: { reasonCode: '202' } });
    expect(await trail.purge()).toEqual({ more: false });
    await server.database.query(`UPDATE audit.trail SET at = at - interval '8 days' WHERE id LIKE 'own-1%'`);
    const kept = await server.database.query(
      `SELECT 1 FROM audit.trail WHERE id LIKE 'own-%' AND id NOT LIKE 'own-1%'`,
    );
    expect(await trailWith(open.sql, 7).purge()).toEqual({ more: false });
    expect(await written()).toBe(kept.rowCount);
  });

  it('holds a bounded number while the database is away, and says in the log and in a number what it could not write', async () => {
    const gone = openDatabase('postgresql://nobody@127.0.0.1:1/none', 1);
    lines.length = 0;
    const trail = trailWith(gone.sql);
    for (let n = 0; n < 10_005; n++) trail.note(deed(n));
    expect(trail.dropped).toBe(5);
    await trail.close();
    expect(trail.dropped).toBe(10_005);
    expect(lines.filter(({ level }) => level === 'error').length).toBe(10_005);
    await gone.close();
  });
});
