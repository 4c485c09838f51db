import { randomUUID } from 'node:crypto';
import { isAdmin, type RequestContext } from '../kernel/context.js';
import { Prisma, type Lock, type Sql, type Statements } from '../kernel/database.js';
import { OpenStackError, conflict, notFound, serverGone } from '../kernel/errors.js';
import type { StepRecord } from '../kernel/engine.js';
import { newOperation, operationKind, type OperationEvents, type OperationRecords } from '../kernel/operations.js';
import type { Outbox } from '../kernel/outbox.js';
import type { Neutron } from '../neutron/index.js';
import type { RuleName } from '../kernel/policy/index.js';
import { integer, nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import { holdServer } from './attachments.js';
import type { Fault } from './boots.js';
import { actionEvents, eventAtOnce } from './operations.js';
import type { ServerFloatingIps } from './proxies/server-floating-ips.js';
import type { Servers } from './servers.js';
import { STATES_UNDER_WAY, type VmState } from './vm-states.js';

/** A server at the beginning of an action, with the action's own generation. */
export interface ServerAtHand {
  readonly id: string;
  readonly host: string;
  readonly machine: string;
  readonly generation: number;
}
/** In which states an action may begin; it is refused in others. */
export interface From {
  readonly vm_state: readonly VmState[];
  readonly task_state: readonly (string | null)[];
}
/**
 * All of a server action except its steps, as data and pure functions (the steps are in workflows/servers).
 * @template Body what a request says under the action's name
 * @template Plan the input of its workflow
 */
export interface ServerActionRules<Body = never, Plan extends object = object> {
  /** The type of its workflow. */
  readonly kind: string;
  /** Its name in os-instance-actions, and in Nova's refusals. */
  readonly action: string;
  /** OpenStack's rule for it. */
  readonly policy: Extract<RuleName<'nova'>, `os_compute_api:${string}`>;
  readonly from: From | ((body: Body) => From);
  /**
   * The server's task_state during the action. Null where other actions may run at the same time, as in Nova: then the
   * operation holds the volume or port that it works on, and not the server. Such an action needs a last step of its
   * own.
   */
  readonly during: string | null | ((body: Body) => string);
  /** The server's states when the action is done. Left out where they do not change. */
  readonly to?: { readonly vm_state: VmState; readonly power_state: number };
  /** The server's vm_state when the action has failed. */
  readonly failed: VmState | 'unchanged';
  /** Makes the input of the workflow, with everything that is needed before the first step. Pure. */
  readonly plan: (asked: { readonly server: ServerAtHand; readonly body: Body; readonly operationId: string }) => Plan;
}
/**
 * Rules of an action that holds a volume or a port, and not the server. Its states do not depend on the request's body.
 */
export type HoldingRules<Body, Plan extends object> = ServerActionRules<Body, Plan> & {
  readonly from: From;
  readonly during: null;
};
/**
 * Reserves what an action works on, in the transaction that begins it.
 * @returns the body that its plan is made of
 */
export type Hold<Body> = (tx: Statements, server: ServerAtHand, operationId: string) => Promise<Body>;

interface Ending {
  readonly serverId: string;
  readonly generation: number;
  readonly operationId: string;
  readonly story: readonly StepRecord[];
}

/** What is done to a server that is there: each action is one operation, begun by compare-and-set. */
export class ServerActions {
  constructor(
    private readonly sql: Sql,
    private readonly servers: Servers,
    private readonly operations: OperationRecords,
    private readonly outbox: Outbox,
    private readonly neutron: Neutron,
    readonly floatingIps: ServerFloatingIps,
  ) {}

  /** Begins an action. @throws 404, or 409 in Nova's words when the server is locked or in another state */
  async begin<Body, Plan extends object>(
    ctx: RequestContext,
    id: string,
    rules: ServerActionRules<Body, Plan>,
    body: Body,
  ): Promise<void> {
    const from = typeof rules.from === 'function' ? rules.from(body) : rules.from;
    const during = typeof rules.during === 'function' ? rules.during(body) : rules.during;
    const taken = during === null ? NOT_TAKEN : Prisma.sql`, task_state = ${during}`;
    await this.start(ctx, id, rules, from, taken, () => Promise.resolve(body));
  }

  /**
   * Begins an action that holds a volume or a port, and not the server.
   * @param lock of the transaction, as Sql.transaction takes it
   * @returns the plan @throws as begin, and what `hold` throws
   */
  beginHolding<Body, Plan extends object>(
    ctx: RequestContext,
    id: string,
    rules: HoldingRules<Body, Plan>,
    hold: Hold<Body>,
    ...lock: Lock
  ): Promise<Plan> {
    return this.start(ctx, id, rules, rules.from, NOT_TAKEN, hold, ...lock);
  }

  /** @param taken what is set in the server's row, together with a new generation; NOT_TAKEN changes neither */
  private async start<Body, Plan extends object>(
    ctx: RequestContext,
    id: string,
    { action, kind, plan }: ServerActionRules<Body, Plan>,
    from: From,
    taken: Prisma.Sql,
    hold: Hold<Body>,
    ...lock: Lock
  ): Promise<Plan> {
    const server = await this.servers.get(ctx, id);
    if (server.locked && !isAdmin(ctx, 'nova')) throw conflict('InstanceIsLocked', `Instance ${id} is locked`);
    checkState(server, action, from);
    const story = { summary: `${action} ${server.name}`, details: `Requested by ${ctx.requestId}` };
    const operationId = randomUUID();
    const begun = await this.sql.transaction(
      async (tx) => {
        const at = await take(tx, id, from, taken, operationId);
        // Another request was faster.
        if (!at) throw stateConflict(id, action, 'task_state', (await this.servers.get(ctx, id)).task_state ?? 'None');
        const { host, machine } = at;
        if (host === null || machine === null) throw conflict('InstanceNotReady', `Instance ${id} is not ready`);
        const atHand: ServerAtHand = { ...at, host, machine };
        const input = plan({ server: atHand, body: await hold(tx, atHand, operationId), operationId });
        const operation = newOperation(kindOf(kind, action, actionEvents(action)), id, input, ctx, story);
        const record = { ...operation, id: operationId };
        await this.operations.add(tx, [record]);
        return { record, input };
      },
      ...lock,
    );
    void this.outbox.dispatch([begun.record]);
    return begun.input;
  }

  /** Records something that is done at once, without a workflow. */
  async record(ctx: RequestContext, id: string, action: string, change: Prisma.Sql): Promise<void> {
    const story = { summary: action, details: `Requested by ${ctx.requestId}` };
    await this.sql.transaction(async (tx) => {
      await tx.$executeRaw`UPDATE nova.servers SET ${change}, updated_at = now() WHERE id = ${id} AND deleted_at IS NULL`;
      const done = newOperation(kindOf(action, action, eventAtOnce(action)), id, {}, ctx, story);
      await this.operations.add(tx, [done]);
      await this.operations.finish(tx, { operationId: done.id, state: 'done', story: [] });
    });
  }

  /** Sets a server's vm_state for an administrator, whatever is working on it (os-resetState). */
  async resetState(ctx: RequestContext, id: string, state: 'active' | 'error'): Promise<void> {
    await this.servers.get(ctx, id);
    await this.sql.$executeRaw`
      UPDATE nova.servers SET vm_state = ${state}, task_state = NULL, updated_at = now()
      WHERE id = ${id} AND deleted_at IS NULL AND task_state IS DISTINCT FROM 'deleting'`;
  }

  async lock(ctx: RequestContext, id: string, reason: string | null): Promise<void> {
    await this.servers.get(ctx, id);
    await this.record(ctx, id, 'lock', Prisma.sql`locked = true, locked_reason = ${reason}`);
  }

  async unlock(ctx: RequestContext, id: string): Promise<void> {
    await this.servers.get(ctx, id);
    await this.record(ctx, id, 'unlock', Prisma.sql`locked = false, locked_reason = NULL`);
  }

  /** Gives a server's ports one more security group. @param name or id @throws 400, 404 and 409 in Nova's words */
  addSecurityGroup(ctx: RequestContext, id: string, name: string): Promise<void> {
    const { serverGroups } = this.neutron;
    return this.changeGroups(ctx, id, name, (tx, groupId) => serverGroups.add(tx, id, groupId));
  }

  /** Takes a security group from a server's ports. @throws as addSecurityGroup */
  removeSecurityGroup(ctx: RequestContext, id: string, name: string): Promise<void> {
    const { serverGroups } = this.neutron;
    return this.changeGroups(ctx, id, name, (tx, groupId) => serverGroups.remove(tx, id, groupId, name));
  }

  private async changeGroups(
    ctx: RequestContext,
    id: string,
    name: string,
    change: (tx: Statements, groupId: string) => Promise<void>,
  ): Promise<void> {
    await this.servers.get(ctx, id);
    const [groupId] = await this.neutron.securityGroupIds(ctx, [name]).catch((error: unknown) => {
      throw error instanceof OpenStackError && error.status === 404
        ? notFound('SecurityGroupNotFound', `Security group ${name} is not found for project ${ctx.projectId}`)
        : error;
    });
    await this.sql.transaction(async (tx) => {
      await change(tx, groupId!);
      const names = await this.neutron.serverGroups.names(tx, id);
      await tx.$executeRaw`UPDATE nova.servers SET security_groups = ${names}, updated_at = now() WHERE id = ${id}`;
    });
  }

  /** For an audit: ends an action in the server's record whose workflow does not exist any more. */
  async giveUp(id: string): Promise<void> {
    await this.sql.$executeRaw`
      UPDATE nova.servers SET task_state = NULL, operation_id = NULL, generation = generation + generation % 2, updated_at = now()
      WHERE id = ${id} AND deleted_at IS NULL AND vm_state <> ALL(${[...STATES_UNDER_WAY]}) AND task_state <> 'deleting'`;
  }

  /** The last step of an action. @throws InstanceDisappeared (deleted) when something newer works on the server */
  async finish({ vm_state, power_state, ...end }: Ending & { vm_state: string; power_state: number }): Promise<void> {
    const rows = await this.sql.$queryRaw<unknown[]>`
      WITH acted AS (
        UPDATE nova.servers SET vm_state = ${vm_state}, power_state = ${power_state}, task_state = NULL, operation_id = NULL,
          generation = ${end.generation + 1}, fault = NULL, updated_at = now()
        WHERE id = ${end.serverId} AND generation = ${end.generation} AND operation_id = ${end.operationId}
          AND task_state IS DISTINCT FROM 'deleting'
        RETURNING id),
      ${this.operations.finishing(Prisma.sql`SELECT 1 FROM acted`, { ...end, state: 'done' })}
      SELECT id FROM acted`;
    if (rows.length === 0 && !(await this.operations.isDone(end.operationId))) throw serverGone(end.serverId);
  }

  /**
   * The last step of an action beside which others may run, and which does not change the server's record.
   * @throws InstanceDisappeared (deleted) when the server is going away
   */
  async finishBeside(end: Ending): Promise<void> {
    // An earlier attempt has committed, and only its answer was lost.
    if (await this.operations.isDone(end.operationId)) return;
    await this.sql.transaction(async (tx) => {
      await holdServer(tx, end);
      await this.operations.finish(tx, { ...end, state: 'done' });
    });
  }

  /**
   * Closes an action before it is undone: if it attaches or detaches something, its last step takes no effect any more
   * (attachments.ts). If its last step had committed and only the answer was lost, the action is done, and nothing is
   * undone.
   */
  close({ serverId, operationId }: Pick<Ending, 'serverId' | 'operationId'>): Promise<'closed' | 'done'> {
    return this.sql.transaction(async (tx) => {
      // The last step holds the same lock.
      await tx.$queryRaw`SELECT 1 FROM nova.servers WHERE id = ${serverId} FOR NO KEY UPDATE`;
      await this.operations.undoing(tx, operationId, 'Error');
      const done = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM operations.operations WHERE id = ${operationId} AND state = 'done'`;
      return done.length > 0 ? 'done' : 'closed';
    });
  }

  /** An action has failed or was cancelled. @returns `done` when its last step had taken effect after all */
  async fail({
    vm_state,
    fault,
    state,
    ...end
  }: Ending & { vm_state: string | null; fault: Fault; state: 'failed' | 'undone' }): Promise<'failed' | 'done'> {
    if (await this.operations.isDone(end.operationId)) return 'done';
    await this.sql.transaction(async (tx) => {
      await tx.$executeRaw`
        UPDATE nova.servers SET vm_state = COALESCE(${vm_state}, vm_state), task_state = NULL, operation_id = NULL,
          generation = ${end.generation + 1}, updated_at = now(),
          fault = ${JSON.stringify(fault)}::jsonb || jsonb_build_object('created', now() AT TIME ZONE 'UTC')
        WHERE id = ${end.serverId} AND generation = ${end.generation} AND operation_id = ${end.operationId}
          AND task_state IS DISTINCT FROM 'deleting'`;
      await this.operations.finish(tx, { ...end, state, message: 'Error' });
    });
    return 'failed';
  }
}

const kindOf = (kind: string, action: string, events: OperationEvents) =>
  operationKind({ kind, resource: 'server', action, events });

/** For an action beside which others may run: it sets neither the server's task_state nor a generation of its own. */
const NOT_TAKEN = Prisma.sql``;

/** A server has no host before it is scheduled, nor after its boot was undone. */
const TAKEN = rowType({ id: text, host: nullable(text), machine: nullable(text), generation: integer });

/** Locks the server for the beginning of an action. @returns undefined when it is in none of the states any more */
async function take(tx: Statements, id: string, from: From, taken: Prisma.Sql, operationId: string) {
  const those = Prisma.sql`id = ${id} AND deleted_at IS NULL AND vm_state = ANY(${[...from.vm_state]})
    AND COALESCE(task_state, '') = ANY(${from.task_state.map((t) => t ?? '')})`;
  const rows = await rowsOf(
    tx,
    TAKEN,
  )(
    taken === NOT_TAKEN
      ? Prisma.sql`SELECT id, host, machine, generation FROM nova.servers WHERE ${those} FOR NO KEY UPDATE`
      : Prisma.sql`
        UPDATE nova.servers SET operation_id = ${operationId}, generation = generation + 1 + generation % 2, updated_at = now()${taken}
        WHERE ${those} RETURNING id, host, machine, generation`,
  );
  return rows[0];
}

function checkState(
  server: { id: string; vm_state: string; task_state: string | null; launched_at: Date | null },
  action: string,
  from: From,
): void {
  const { id, vm_state, task_state } = server;
  if (!(from.vm_state as readonly string[]).includes(vm_state)) throw stateConflict(id, action, 'vm_state', vm_state);
  if (!from.task_state.includes(task_state)) throw stateConflict(id, action, 'task_state', task_state ?? 'None');
  if (server.launched_at === null)
    throw conflict('InstanceInvalidState', `Cannot '${action}' an instance which has never been active`);
}

/** nova/api/openstack/common.py: raise_http_conflict_for_instance_invalid_state */
const stateConflict = (id: string, action: string, attribute: 'vm_state' | 'task_state', state: string) =>
  conflict('InstanceInvalidState', `Cannot '${action}' instance ${id} while it is in ${attribute} ${state}`);
