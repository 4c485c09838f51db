import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ChaosRuns } from '#apps/faults/chaos-runs';
import { linesOf } from '#cli/logs/lines';
import { chaosRecord } from '../../setup/chaos-record.js';
import { DocumentWalk } from './walk.js';

describe('What the documents say of the cloud’s own', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('cloud');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const server = await tenant.post();
    await tenant.settled(server);
    await ask(admin, 'POST', '/internal/audit', {});
    const { instanceActions } = await ask<{ instanceActions: { request_id: string }[] }>(
      api,
      'GET',
      `/compute/v2.1/servers/${server}/os-instance-actions`,
    );
    const logged = await linesOf(join(tenant.cloud.home, 'logs'), instanceActions[0]!.request_id);
    walk.knows({
      operations: logged.find(({ workflowId }) => workflowId !== undefined)!.workflowId!,
      chaos: await new ChaosRuns(tenant.cloud.home).save(chaosRecord(7)),
      openapi: 'compute.json',
      docs: 'swagger-ui.css',
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    const { tenant, ask } = walk;
    const { operations } = await ask<{ operations: { id: string }[] }>(
      tenant.api,
      'GET',
      '/dashboard/operations?limit=1',
    );
    const prometheus = { query: 'query=1', query_range: 'query=1&start=1&end=2&step=1', series: 'match[]=a' };
    walk.knowsPaths([
      ['/dashboard/operations/{id}', `/dashboard/operations/${operations[0]!.id}`],
      ...Object.entries(prometheus).map(([what, query]): [string, string] => [
        `/prometheus/api/v1/${what}`,
        `/prometheus/api/v1/${what}?${query}`,
      ]),
    ]);
    // Pages and their files, which a build of the API alone does not make.
    walk.leavesOut(['/dashboard', '/dashboard/{object}']);
    expect(await walk.readAll()).toEqual([
      // It is a stream, for who asks for one.
      'GET /dashboard/events',
      // What only host roles are told.
      'GET /internal/images/{id}',
      'GET /internal/images/{id}/file',
      'GET /internal/network/state',
      'GET /internal/networks/{id}/guest-data',
      'GET /internal/servers/{id}/devices',
      'GET /internal/servers/{id}/guest-data',
    ]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/prometheus/api/v1/query');
    expect(walk.found()).toEqual([]);
  });
});
