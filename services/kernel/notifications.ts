import os from 'node:os';
import type { RequestContext } from './context.js';
import { Prisma, type Statements } from './database.js';
import { insertRows } from './insert.js';

/** A row of `notifications.notifications`, as it is inserted: the database says when, and in which transaction. */
export interface NewNotification {
  readonly event_type: string;
  readonly publisher_id: string;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly request_id: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly payload: object;
}

/** What happened to what. */
export interface Happened {
  /** Of each of these types one notification, in their order. */
  readonly events: readonly string[];
  /** `network` of `network.<host>`, as oslo.messaging writes it. */
  readonly publisher: string;
  readonly type: string;
  readonly id: string;
  /** The project that has it; that of the token where it is left out. */
  readonly project?: string | undefined;
}

/** @param payload of a notification, by its type */
export const notificationsOf = (
  ctx: Pick<RequestContext, 'projectId' | 'userId' | 'requestId'>,
  { events, publisher, type, id, project }: Happened,
  payload: (event: string) => object,
): NewNotification[] =>
  events.map((event) => ({
    event_type: event,
    publisher_id: `${publisher}.${os.hostname()}`,
    // A token that is scoped to nothing has no project.
    project_id: project ?? (ctx.projectId || null),
    user_id: ctx.userId || null,
    request_id: ctx.requestId,
    resource_type: type,
    resource_id: id,
    payload: payload(event),
  }));

/** Writes notifications in the caller's transaction, in one statement: they are there if and only if it commits. */
export const notify = (tx: Statements, told: readonly NewNotification[]): Promise<void> =>
  insertRows(tx, { 'notifications.notifications': told });

/**
 * The same as a statement for the caller's own, of what it has changed.
 * @param changed the name of a part of that statement, whose rows have the `payload`: nothing is told where it has none
 */
export function notifying(ctx: RequestContext, happened: Happened, changed: string): Prisma.Sql {
  const rows = notificationsOf(ctx, happened, () => ({}));
  return Prisma.sql`
    INSERT INTO notifications.notifications
      (event_type, publisher_id, project_id, user_id, request_id, resource_type, resource_id, payload)
    SELECT t.event_type, t.publisher_id, t.project_id, t.user_id, t.request_id, t.resource_type, t.resource_id, c.payload
    FROM ${Prisma.raw(changed)} c, jsonb_populate_recordset(NULL::notifications.notifications, ${JSON.stringify(rows)}::jsonb) t`;
}
