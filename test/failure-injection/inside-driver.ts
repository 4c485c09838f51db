/**
 * Kills a host's roles at the points inside QEMU's driver and that of real networks: every cell is brought to each of its points and held there, then
 * the role is killed once for all of them, and each goes on by being tried again.
 */
import path from 'node:path';
import { expect } from 'vitest';
import { POWER_STATE } from '#drivers/hypervisor/index';
import { QemuHypervisor } from '#drivers/hypervisor/qemu';
import type { OwnCloud } from '../setup/clouds.js';
import { hits, inject, struck } from '../setup/faults.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';
import type { Cell } from './columns.js';
import { SCENARIOS, type Subject } from './operations.js';

/** A server that is at a point of the driver. */
interface Held {
  readonly tenant: Tenant;
  readonly subject: Subject;
  readonly point: string;
}

/** What a guest does whose server shows this status. */
const POWER: Readonly<Record<string, number>> = {
  ACTIVE: POWER_STATE.RUNNING,
  PAUSED: POWER_STATE.PAUSED,
  SHUTOFF: POWER_STATE.SHUTDOWN,
  SUSPENDED: POWER_STATE.SUSPENDED,
};

/** Brings the cells to their points and kills the role. @returns what was held, by cell */
export async function killedInside(own: OwnCloud, cells: readonly Cell[]): Promise<ReadonlyMap<Cell, readonly Held[]>> {
  const cleared: (() => Promise<unknown>)[] = [];
  // One by one: two dozen at once are more than the database of a busy machine answers in time.
  const tenants: Tenant[] = [];
  for (const { column, row } of cells) for (const _ of column.faults(row)) tenants.push(await Tenant.make(own.at));
  const held = new Map(
    await Promise.all(
      cells.map(async (cell) => {
        const each = cell.column.faults(cell.row).map(async (fault): Promise<Held> => {
          const tenant = tenants.pop()!;
          const begin = await SCENARIOS[cell.row.operation](tenant, cell.row.step);
          const { projectId: project } = tenant.api;
          cleared.push(await inject(own.at, { ...fault, project, workflow: cell.row.operation }));
          const subject = await begin();
          await struck(own.at, subject.workflowId);
          return { tenant, subject, point: fault.point ?? '' };
        });
        return [cell, await Promise.all(each)] as const;
      }),
    ),
  );
  process.kill(own.cloud.pids()['compute']!, 'SIGKILL');
  for (const clear of cleared) await clear();
  return held;
}

/** The action ended as asked, its guest does what its server says, and afterwards nothing of it is left. */
export async function expectToGoOn(own: OwnCloud, cell: Cell, { tenant, subject, point }: Held): Promise<void> {
  expect({ point, ...(await subject.ended()) }).toMatchObject({ point, end: cell.column.end(cell.row) });
  expect(hits(own.at, subject.workflowId).map((h) => h.point)).toEqual([point]);
  if (cell.column.end(cell.row) === 'gone') {
    expect(await orphansOf(own.at, [subject.id])).toEqual([]);
    expect(await tenant.holdings()).toEqual(NOTHING);
    return;
  }
  const server = await tenant.show(subject.id);
  const hypervisor = new QemuHypervisor(path.join(own.at.home, 'hosts'), 'tcg');
  const guest = { serverId: subject.id, host: server['OS-EXT-SRV-ATTR:host'] };
  expect({ point, power: await hypervisor.powerState(guest) }).toEqual({ point, power: POWER[server.status] });
  expect(await orphansOf(own.at, [subject.id])).toEqual([]);
  await subject.delete();
  await subject.gone();
  expect(await orphansOf(own.at, [subject.id])).toEqual([]);
  expect(await tenant.holdings()).toEqual(NOTHING);
}
