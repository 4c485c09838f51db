import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk } from './walk.js';

describe('What the documents say of Aodh', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('alarming');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const name = `described-${tenant.userName}`;
    const { alarm_id: alarm } = await ask<{ alarm_id: string }>(api, 'POST', '/alarming/v2/alarms', {
      name,
      type: 'event',
      event_rule: { query: [{ field: 'traits.a', value: '1' }] },
    });
    await ask(api, 'PUT', `/alarming/v2/alarms/${alarm}/state`, 'ok');
    for (const kind of ['alarms', 'alarms/history']) await ask(api, 'POST', `/alarming/v2/query/${kind}`, {});
    await ask(admin, 'POST', '/alarming/v2/quotas', { project_id: api.projectId, quotas: [] });
    walk.knows({
      alarms: alarm,
      quotas: api.projectId,
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/alarming/v2/alarms/nothing');
    expect(walk.found()).toEqual([]);
  });
});
