import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { liftQuotas } from '#apps/standalone/tiny-server';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { withTemporal } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansIn } from '../setup/tenant.js';

/** More is asked for than can be carried. One boot may be under way here, and six may wait. */
describe('beyond its capacity a cloud', () => {
  const UNDER_WAY = 1;
  const WAITING = 6;
  let own: OwnCloud;
  beforeAll(async () => {
    own = await startCloud({
      NOVAFLOW_HYPERVISOR: 'fake',
      NOVAFLOW_FAKE_SPAWN_MS: '400',
      NOVAFLOW_BOOTS_UNDER_WAY: String(UNDER_WAY),
      NOVAFLOW_BOOTS_WAITING: String(WAITING),
    });
  });
  afterAll(() => own.stop());

  type Answer = { status: number; headers: Headers; body: { server?: { id: string }; serviceUnavailable?: object } };
  const ask = (tenant: Tenant): Promise<Answer> =>
    tenant.api.request<Answer['body']>('POST', '/compute/v2.1/servers', tenant.server());
  const open = (): Promise<number> =>
    withTemporal(
      own.at,
      async (client) =>
        (await client.workflow.count('WorkflowType = "bootServer" AND ExecutionStatus = "Running"')).count,
    );

  it('refuses at once with Retry-After, builds what it accepted in order, and lets a second project in between', async () => {
    const [greedy, modest] = [await Tenant.make(own.at), await Tenant.make(own.at)];
    await liftQuotas(greedy.admin, greedy.api.projectId);
    const accepted: string[] = [];
    const refused: Answer[] = [];
    for (let i = 0; i < 3 * (UNDER_WAY + WAITING); i++) {
      const answer = await ask(greedy);
      if (answer.status === 202) accepted.push(answer.body.server!.id);
      else refused.push(answer);
    }
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers, body } of refused) {
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.serviceUnavailable).toMatchObject({ code: 503, message: expect.stringMatching(/servers wait/) });
    }
    // The second project has none of the places yet, so it gets one though they are all taken.
    const done = new Set(
      (await Promise.all(accepted.map((a) => greedy.show(a)))).map((s) => s.status === 'ACTIVE' && s.id),
    );
    const id = await modest.post();
    let most = 0;
    for (const server of [...accepted, id])
      await until(
        async () => {
          most = Math.max(most, await open());
          return (await greedy.show(server)).status === 'ACTIVE' ? true : undefined;
        },
        100,
        120_000,
      );
    expect(most).toBeLessThanOrEqual(UNDER_WAY);
    const shown = await Promise.all([...accepted, id].map((a) => greedy.show(a)));
    const order = shown
      .map((s) => ({ id: s.id, at: (s as unknown as Record<string, string>)['OS-SRV-USG:launched_at']! }))
      .toSorted((x, y) => x.at.localeCompare(y.at))
      .map((s) => s.id);
    // In order, but for those that were under way side by side.
    const places = accepted.map((a) => order.indexOf(a));
    for (const [i, place] of places.entries()) expect(Math.abs(place - i)).toBeLessThanOrEqual(UNDER_WAY + 1);
    // The modest project waits for what was under way, and not for the greedy one's backlog.
    const before = order.slice(0, order.indexOf(id)).filter((a) => !done.has(a));
    expect(before.length).toBeLessThanOrEqual(UNDER_WAY + 1);
    for (const server of accepted) await greedy.delete(server);
    await modest.delete(id);
    expect(await greedy.holdings()).toEqual(NOTHING);
    expect(await orphansIn(own.at)).toEqual([]);
  });

  it('deletes a server that still waits, without ever building it', async () => {
    const tenant = await Tenant.make(own.at);
    const ids = [];
    for (let i = 0; i < UNDER_WAY + 2; i++) ids.push(await tenant.post());
    const last = ids.pop()!;
    await tenant.delete(last);
    for (const id of ids) expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await withTemporal(own.at, async (client) => {
      expect((await client.workflow.count(`ServerId = "${last}" AND WorkflowType = "bootServer"`)).count).toBe(0);
    });
    for (const id of ids) await tenant.delete(id);
    expect(await orphansIn(own.at)).toEqual([]);
  });
});
