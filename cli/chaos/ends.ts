/** How the operations of a run have ended, and whether its servers are what their records say: from the records themselves. */
import path from 'node:path';
import pg from 'pg';
import { FakeHypervisor } from '#drivers/hypervisor/fake';
import { POWER_STATE } from '#drivers/hypervisor/index';
import { QemuHypervisor } from '#drivers/hypervisor/qemu';
import type { Cloud } from '#apps/standalone/cloud';

/** What a guest does while its server rests in a vm_state. */
const POWER: Readonly<Record<string, number>> = {
  active: POWER_STATE.RUNNING,
  paused: POWER_STATE.PAUSED,
  suspended: POWER_STATE.SUSPENDED,
  stopped: POWER_STATE.SHUTDOWN,
};

export interface Ends {
  /** Actions on servers by how they ended: done, failed, undone; and those that have not. */
  readonly actions: Readonly<Record<string, number>>;
  /** Operations that are open, servers that are in a task_state, and guests that do something else than their record says. */
  readonly open: readonly { readonly of: string; readonly said: string }[];
  readonly tasks: readonly string[];
  readonly wrongPower: readonly string[];
}

/** Looks at a cloud in which all should be quiet. @param realGuests whether QEMU runs them */
export async function endsOf(
  { databaseUrl, home }: Pick<Cloud, 'databaseUrl' | 'home'>,
  realGuests: boolean,
): Promise<Ends> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    const actions = await db.query<{ state: string; n: number }>(`
      SELECT state, count(*)::int AS n FROM operations.operations
      WHERE resource_type = 'server' AND kind NOT IN ('bootServer', 'deleteServer') GROUP BY state`);
    const open = await db.query<Ends['open'][number]>(`
      SELECT resource_type AS of, kind || ' of ' || resource_id || ' is ' || state AS said FROM operations.operations WHERE finished_at IS NULL`);
    const servers = await db.query<{ id: string; host: string | null; vm_state: string; task_state: string | null }>(
      'SELECT id, host, vm_state, task_state FROM nova.servers WHERE deleted_at IS NULL',
    );
    const guests = path.join(home, 'hosts');
    const hypervisor = realGuests ? new QemuHypervisor(guests, 'tcg') : new FakeHypervisor(guests, 0);
    const wrongPower: string[] = [];
    for (const { id, host, vm_state, task_state } of servers.rows) {
      const expected = POWER[vm_state];
      if (expected === undefined || task_state !== null || host === null) continue;
      const power = await hypervisor.powerState({ serverId: id, host });
      if (power !== expected) wrongPower.push(`${id} is ${vm_state}, and its guest's power state ${power}`);
    }
    return {
      actions: Object.fromEntries(actions.rows.map(({ state, n }) => [state, n])),
      open: open.rows,
      tasks: servers.rows.flatMap(({ id, task_state }) => (task_state === null ? [] : [`${id} is ${task_state}`])),
      wrongPower,
    };
  } finally {
    await db.end();
  }
}
