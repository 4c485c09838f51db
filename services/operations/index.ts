import type { RequestContext } from '../kernel/context.js';
import { Prisma, type Statements } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import type { OperationState } from '../kernel/operations.js';
import type { Policies } from '../kernel/policy/index.js';
import { jsonList, nullable, rowType, rowsOf, text, time, word, type Row } from '../kernel/rows.js';
import type { StepRecord } from '../kernel/step-record.js';

const SHOWN = {
  id: text,
  kind: text,
  state: word<OperationState>(),
  resource_type: text,
  resource_id: text,
  resource_name: nullable(text),
  project_id: text,
  user_id: text,
  request_id: text,
  requested_at: time,
  started_at: nullable(time),
  finished_at: nullable(time),
  message: nullable(text),
};
const SHOWN_OPERATION = rowType(SHOWN);
const WHOLE_OPERATION = rowType({ ...SHOWN, steps: jsonList<StepRecord>() });

/** An operation with the name of what it works on. */
export type ShownOperation = Row<typeof SHOWN_OPERATION>;
/** The same with its steps as they were at its end; none while it is open. */
export type WholeOperation = Row<typeof WHOLE_OPERATION>;

/** Which operations are asked for; all of what is given has to hold. */
export interface OperationFilter {
  readonly state?: 'open' | 'ended' | undefined;
  readonly resourceId?: string | undefined;
  /** Those of all projects, for an operator. */
  readonly allProjects?: boolean | undefined;
  readonly limit: number;
  /** The id of the last operation of the page before. */
  readonly marker?: string | undefined;
}

/** The rule that shows operations of all projects. */
const OPERATORS = 'novaflow:operations';

/** What is under way and what was, for people: of a project, or for operators of all. */
export class OperationLog {
  constructor(
    private readonly sql: Statements,
    private readonly policies: Policies,
  ) {}

  /** Whether the caller is an operator, who sees everybody's operations and the hosts on which they run. */
  seesAll({ credentials }: RequestContext): boolean {
    return this.policies.allows('novaflow', OPERATORS, credentials, {});
  }

  /** @throws 403 for who is no operator */
  checkSeesAll({ credentials }: RequestContext): void {
    this.policies.enforce('novaflow', OPERATORS, credentials, {});
  }

  /** The newest first. @throws 403 for those of all projects to who is no operator; 404 for a marker that is not there */
  async list(ctx: RequestContext, filter: OperationFilter): Promise<ShownOperation[]> {
    const { state, resourceId, allProjects, limit, marker } = filter;
    if (allProjects) this.checkSeesAll(ctx);
    if (marker !== undefined) await this.get(ctx, marker);
    const conditions = [
      ...(allProjects ? [] : [Prisma.sql`o.project_id = ${ctx.projectId}`]),
      ...(resourceId === undefined ? [] : [Prisma.sql`o.resource_id = ${resourceId}`]),
      ...(state === undefined ? [] : [state === 'open' ? OPEN : ENDED]),
      ...(marker === undefined ? [] : [behind(marker)]),
    ];
    const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
    return rowsOf(this.sql, SHOWN_OPERATION)`
      SELECT ${COLUMNS} FROM ${NAMED} ${where} ORDER BY o.requested_at DESC, o.id DESC LIMIT ${limit}`;
  }

  /** One of the caller's project, or for an operator any. @throws 404 */
  async get(ctx: RequestContext, id: string): Promise<WholeOperation> {
    const own = this.seesAll(ctx) ? Prisma.empty : Prisma.sql`AND o.project_id = ${ctx.projectId}`;
    const [found] = await rowsOf(this.sql, WHOLE_OPERATION)`
      SELECT ${COLUMNS}, o.steps FROM ${NAMED} WHERE o.id = ${id} ${own}`;
    if (found === undefined) throw notFound('OperationNotFound', `Operation ${id} could not be found.`);
    return found;
  }
}

/** A JavaScript time has no microseconds, by which two operations may differ: the database compares its own. */
const behind = (marker: string): Prisma.Sql => Prisma.sql`
  (o.requested_at, o.id) < (SELECT m.requested_at, m.id FROM operations.operations m WHERE m.id = ${marker})`;
const OPEN = Prisma.sql`o.finished_at IS NULL`;
const ENDED = Prisma.sql`o.finished_at IS NOT NULL`;
const COLUMNS = Prisma.sql`
  o.id, o.kind, o.state, o.resource_type, o.resource_id, COALESCE(s.name, v.name) AS resource_name, o.project_id,
  o.user_id, o.request_id, o.requested_at, o.started_at, o.finished_at, o.message`;
/** A volume that was deleted has no name any more. */
const NAMED = Prisma.sql`
  operations.operations o
  LEFT JOIN nova.servers s ON o.resource_type = 'server' AND s.id = o.resource_id
  LEFT JOIN cinder.volumes v ON o.resource_type = 'volume' AND v.id = o.resource_id`;
