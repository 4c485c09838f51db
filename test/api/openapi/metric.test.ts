import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk } from './walk.js';

describe('What the documents say of Gnocchi', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('metric');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const { id: metric } = await ask<{ id: string }>(api, 'POST', '/metric/v1/metric', { archive_policy_name: 'low' });
    // Its name is its id, so that it is found by either.
    const measured = { id: metric, metrics: { [metric]: metric } };
    await ask(api, 'POST', '/metric/v1/resource/generic', measured);
    await ask(api, 'POST', `/metric/v1/metric/${metric}/measures`, [{ timestamp: 0, value: 1 }]);
    await ask(api, 'POST', '/metric/v1/aggregates', { operations: ['metric', metric, 'mean'] });
    await ask(api, 'POST', '/metric/v1/search/resource/generic', { '=': { id: metric } });
    const rule = { name: tenant.userName, metric_pattern: tenant.userName, archive_policy_name: 'low' };
    await ask(admin, 'POST', '/metric/v1/archive_policy_rule', rule);
    walk.knows({
      metric,
      generic: metric,
      [metric]: metric,
      resource: 'generic',
      resource_type: 'instance',
      archive_policy: 'low',
      archive_policy_rule: rule.name,
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    walk.knowsPaths([
      ['/metric/v1/aggregation/metric', `/metric/v1/aggregation/metric?metric=${walk.known('metric')}`],
    ]);
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/metric/v1/metric/nothing');
    expect(walk.found()).toEqual([]);
  });
});
