import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { FLOWS, rowsOf } from '#workflows/flows';
import { startCloud, type OwnCloud, type TestCloud } from '../setup/clouds.js';
import { hits, inject, returns, struck } from '../setup/faults.js';
import { closed, ofOperations, replayAll, toldOf, withTemporal } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansIn, orphansOf } from '../setup/tenant.js';
import { CELLS, NO_LINUX_NETWORK, ROWS, type Cell, type Role } from './columns.js';
import { expectToGoOn, killedInside } from './inside-driver.js';
import { SCENARIOS, type Subject } from './operations.js';
import { Report, keyOf } from './report.js';
import { CROWDS, expectService } from './slots.js';

/**
 * Every step of every workflow is failed in every way. Each cell has a project and a server or volume of its own and
 * asserts: the fault struck where it was meant to and nowhere else, the operation ended as the cell says, what is
 * ACTIVE has all that belongs to it, no undo failed in silence, and afterwards nothing of any resource class is left.
 */
const POLL_MS = 50;
const SETTLE_MS = 60_000;
/** Cells that kill the same worker take turns, so one waits for the others of its role. */
const CELL_MS = 900_000;

let calm: OwnCloud;
/** Clouds whose workers are killed: what happens to one cell there is felt by the others. */
let hostsDie: OwnCloud;
/** Two, since each kill holds up all cells of its cloud until what the conductor ran has timed out. */
let conductorsDie: readonly [OwnCloud, OwnCloud];
/** With real guests, whose driver is killed in the middle, and with real networks where they can be had. */
let driverDies: OwnCloud;
const clouds = (): OwnCloud[] => [calm, hostsDie, driverDies, ...conductorsDie];
const report = new Report();

beforeAll(async () => {
  const settings = { NOVAFLOW_SIMULATED_HOSTS: '2', DATABASE_POOL: '25' };
  const start = (hypervisor: 'fake' | 'qemu'): Promise<OwnCloud> =>
    startCloud({
      ...settings,
      NOVAFLOW_HYPERVISOR: hypervisor,
      NOVAFLOW_NETWORK_DRIVER: hypervisor === 'qemu' && NO_LINUX_NETWORK === undefined ? 'linux' : 'fake',
    });
  [calm, hostsDie, driverDies, ...conductorsDie] = await Promise.all([
    start('fake'),
    start('fake'),
    start('qemu'),
    start('fake'),
    start('fake'),
  ]);
});
afterAll(async () => {
  await Promise.all(clouds().map((own) => own.stop()));
  await report.write();
});

/** The faults struck, each as often as it was set, and nothing else did. */
function expectStrikes(cloud: TestCloud, { row, column }: Cell, workflowId: string): void {
  const all = hits(cloud, workflowId);
  for (const { step, phase, kind, times = 1 } of column.faults(row)) {
    const count = all.filter((h) => h.step === step && h.phase === phase && h.kind === kind).length;
    if (times === 0) expect(count, `${kind} ${phase} ${step}`).toBeGreaterThan(0);
    else expect(count, `${kind} ${phase} ${step}`).toBe(times);
  }
  const meant = new Set(column.faults(row).map((f) => f.step));
  expect(all.filter((h) => !meant.has(h.step))).toEqual([]);
}

/**
 * Whatever works on the server, Nova refuses another action in its words, and does nothing. Beside an attachment others may begin,
 * but not one of the same thing.
 */
async function expectRefusal({ api }: Tenant, { id, again }: Subject): Promise<void> {
  if (again) {
    expect([400, 404, 409]).toContain(await again());
    return;
  }
  const { status, body } = await api.request<{ conflictingRequest?: { code: number; message: string } }>(
    'POST',
    `/compute/v2.1/servers/${id}/action`,
    { 'os-stop': null },
  );
  expect({ status, body }).toMatchObject({ status: 409, body: { conflictingRequest: { code: 409 } } });
  expect(body.conflictingRequest?.message).toMatch(/^Cannot 'stop' instance \S+ while it is in (vm|task)_state /);
}

async function meanwhile(
  tenant: Tenant,
  { column }: Cell,
  subject: Subject,
  clear: () => Promise<unknown>,
): Promise<void> {
  if (column.meanwhile === undefined) return;
  const { cloud } = tenant;
  await struck(cloud, subject.workflowId);
  if (column.meanwhile === 'delete') await subject.delete();
  else if (column.meanwhile === 'another action') await expectRefusal(tenant, subject);
  else
    await withTemporal(cloud, async (client) => {
      if (column.meanwhile === 'cancel') {
        await client.workflow.getHandle(subject.workflowId).cancel();
        return;
      }
      const query = `OperationState = "STUCK" AND WorkflowId = "${subject.workflowId}"`;
      await until(async () => ((await client.workflow.count(query)).count > 0 ? true : undefined), 100, SETTLE_MS);
    });
  await clear();
}

/** A hung attempt comes back after its operation has ended, and must then do nothing that stays. */
async function lateOnesAreBack(cloud: TestCloud, { row, column }: Cell, workflowId: string): Promise<void> {
  const hung = column.faults(row).filter((f) => f.kind === 'hang').length;
  if (hung === 0) return;
  await until(() => Promise.resolve(returns(cloud, workflowId).length === hung ? true : undefined), POLL_MS, SETTLE_MS);
}

/**
 * What is in error holds nothing: its delete, which comes later, must not be what takes away what an undo left. In a
 * boot, every step with an undo that had begun is undone, and no undo is without an end.
 */
async function expectUndone(cloud: TestCloud, tenant: Tenant, { row }: Cell, id: string): Promise<void> {
  expect(await orphansOf(cloud, [id])).toEqual([]);
  if (row.operation !== 'bootServer') {
    expect(existsSync(path.join(cloud.home, 'volumes', `${id}.raw`))).toBe(false);
    return;
  }
  expect(await tenant.holdings()).toMatchObject({ claims: {}, ports: 0, volumes: 0 });
  const events = await tenant.events(id);
  const undos = new Set(
    rowsOf(FLOWS.bootServer).flatMap(([step, { undo }]) => (typeof undo === 'string' ? [step] : [])),
  );
  const begun = events.map((e) => e.event).filter((e) => undos.has(e));
  const undone = events.filter((e) => e.event.startsWith('undo '));
  expect(undone.map((e) => e.event.slice('undo '.length)).toSorted()).toEqual(begun.toSorted());
  expect(undone.filter((e) => e.result !== 'Success')).toEqual([]);
}

/** Nothing of any class is left, usage for quotas is back, and the workflows are closed. */
async function verifyCleanSlate(cloud: TestCloud, tenant: Tenant, id: string): Promise<void> {
  expect(await orphansOf(cloud, [id])).toEqual([]);
  expect(await tenant.holdings()).toEqual(NOTHING);
}

async function run(cloud: TestCloud, cell: Cell): Promise<void> {
  const { row, column } = cell;
  const tenant = await Tenant.make(cloud);
  const begin = await SCENARIOS[row.operation](tenant, row.step);
  const project = tenant.api.projectId;
  let clear: () => Promise<unknown> = () => Promise.resolve();
  for (const fault of column.faults(row)) clear = await inject(cloud, { ...fault, project, workflow: row.operation });
  const subject = await begin();
  await meanwhile(tenant, cell, subject, clear);
  const { end, why } = await subject.ended().catch(async (error: unknown) => {
    throw new Error(`It has not ended. ${await toldOf(cloud, subject.workflowId)}`, { cause: error });
  });
  expect({ end, why }).toMatchObject({ end: column.end(row) });
  if (end === 'error' && row.operation === 'bootServer')
    expect(why).toContain(
      column.meanwhile === 'cancel' ? 'its workflow was cancelled' : (column.blamed?.(row) ?? row.step),
    );
  await withTemporal(cloud, (client) => closed(client, subject.workflowId, CELL_MS));
  if (end === 'error') await expectUndone(cloud, tenant, cell, subject.id);
  // What is done has all that belongs to it, as far as an audit can see: claim, ports, guest, bytes.
  if (end === 'done') expect(await orphansOf(cloud, [subject.id])).toEqual([]);
  if (end !== 'gone') {
    await subject.agrees?.();
    await subject.delete();
  }
  await subject.gone();
  await lateOnesAreBack(cloud, cell, subject.workflowId);
  expectStrikes(cloud, cell, subject.workflowId);
  await verifyCleanSlate(cloud, tenant, subject.id);
  await clear();
}

const judged = (cloud: () => TestCloud, cell: Cell): Promise<void> => report.of(cell, () => run(cloud(), cell));

describe.concurrent('every step', () => {
  it('of every workflow has its cells', () => {
    for (const [operation, flow] of Object.entries(FLOWS))
      for (const [step] of rowsOf(flow).filter(([name]) =>
        ROWS.some((r) => r.operation === operation && r.step === name),
      ))
        expect(
          CELLS.filter((c) => c.row.operation === operation && c.row.step === step).length,
          `${operation}.${step}`,
        ).toBeGreaterThan(5);
  });

  it.each(
    CELLS.filter(({ column }) => !column.kills && !column.insideDriver).map((cell) => [keyOf(cell), cell] as const),
  )('%s', (_name, cell) => judged(() => calm.at, cell), CELL_MS);
});

describe.concurrent('a killed worker', () => {
  /**
   * The conductor's steps are tried without limit, so its kills may come all at once. A host's are tried three times, and all its
   * roles are one process: two cells at a time, so that each may be hit by the other's kill beside its own.
   */
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
  const inTurn = (role: Role, lane: number, work: () => Promise<void>): Promise<void> => {
    if (role === 'conductor') return work();
    const mine = lanes[lane]!.then(work, work);
    lanes[lane] = mine;
    return mine;
  };

  it.each(CELLS.filter((c) => c.column.kills).map((cell, i) => [keyOf(cell), cell, i] as const))(
    '%s',
    (_name, cell, i) => {
      const cloud = (): OwnCloud => (cell.row.role === 'conductor' ? conductorsDie[i % 2 === 0 ? 0 : 1] : hostsDie);
      return inTurn(cell.row.role, i % lanes.length, () => judged(() => cloud().at, cell));
    },
    CELL_MS,
  );
});

/** One kill for all cells of a driver, which are held at its points. */
function expectCells(driver: 'guest' | 'network'): void {
  const cells = CELLS.filter(({ column }) => column.insideDriver === driver);
  let killed: ReturnType<typeof killedInside> | undefined;

  it.concurrent.each(cells.map((cell) => [keyOf(cell), cell] as const))(
    '%s',
    (_name, cell) =>
      report.of(cell, async () => {
        killed ??= killedInside(driverDies, cells);
        const held = (await killed).get(cell)!;
        await Promise.all(held.map((one) => expectToGoOn(driverDies, cell, one)));
      }),
    CELL_MS,
  );
}

describe.concurrent("a role that is killed inside its hypervisor's driver", () => {
  expectCells('guest');
});

/** After the others: as many real guests as one of them has are enough for a small machine. */
describe.skipIf(NO_LINUX_NETWORK !== undefined)('a role that is killed inside the driver of real networks', () => {
  expectCells('network');
});

/** Not before the others have ended: a crowd is felt by all. */
describe('when all slots are taken by steps that wait', () => {
  it.concurrent.each(Object.entries(CROWDS))(
    "the %s's are waited for: others are served, and deletes too",
    async (role, crowd) => {
      const [one, other] = conductorsDie;
      await expectService({ conductor: one, compute: other }[role]?.at ?? calm.at, crowd);
    },
    CELL_MS,
  );
});

describe('after all of that', () => {
  it('nothing at all is orphaned in any of the clouds', async () => {
    for (const { at } of clouds())
      await until(async () => ((await orphansIn(at)).length === 0 ? true : undefined), 100, SETTLE_MS).catch(async () =>
        expect(await orphansIn(at)).toEqual([]),
      );
  });

  it('every history replays', async () => {
    for (const { at } of clouds()) expect(await replayAll(at, ofOperations)).toBeGreaterThan(20);
  });
});
