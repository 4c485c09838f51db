import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { At, Columns } from '../kernel/resource/spec.js';
import type { AlarmRow } from './definition.js';
import type { AodhParts } from './words.js';

/** What of an alarm its history tells (storage/models.py: Alarm). */
const TOLD = [
  'alarm_id',
  'type',
  'enabled',
  'name',
  'description',
  'timestamp',
  'user_id',
  'project_id',
  'state',
  'state_timestamp',
  'state_reason',
  'ok_actions',
  'alarm_actions',
  'insufficient_data_actions',
  'repeat_actions',
  'rule',
  'time_constraints',
  'severity',
] as const;
/** These change with every update. */
const UNTOLD: ReadonlySet<string> = new Set(['timestamp', 'state_timestamp']);

interface Change {
  readonly type: 'creation' | 'rule change' | 'state transition';
  readonly detail: object;
  readonly severity: string;
  readonly onBehalfOf: string;
}

/** Writes a change of an alarm into its history, in the transaction that makes it. */
async function record({ ctx, tx }: At<AodhParts>, alarm_id: string, change: Change): Promise<void> {
  const { type, severity, onBehalfOf: on_behalf_of } = change;
  const detail = JSON.stringify(change.detail);
  const who = { user_id: ctx.userId, project_id: ctx.projectId };
  await tx.alarmChange.create({
    data: { event_id: randomUUID(), alarm_id, type, severity, detail, on_behalf_of, ...who },
  });
}

/** The alarm as it was made. */
export const recordCreation = (at: At<AodhParts>, row: AlarmRow): Promise<void> =>
  record(at, row.alarm_id, {
    type: 'creation',
    detail: Object.fromEntries(TOLD.map((name) => [name, row[name]])),
    severity: row.severity,
    onBehalfOf: at.ctx.projectId,
  });

/** What of its definition is another than before; nothing is written where nothing is. */
export async function recordUpdate(at: At<AodhParts>, row: AlarmRow, columns: Columns): Promise<void> {
  const changed = TOLD.filter((name) => !UNTOLD.has(name) && !isDeepStrictEqual(columns[name], row[name]));
  if (changed.length === 0) return;
  await record(at, row.alarm_id, {
    type: 'rule change',
    detail: Object.fromEntries(changed.map((name) => [name, columns[name]])),
    severity: String(columns['severity']),
    onBehalfOf: String(columns['project_id']),
  });
}

/** A state that a user has set. */
export const recordState = (at: At<AodhParts>, row: AlarmRow, state: string, state_reason: string): Promise<void> =>
  record(at, row.alarm_id, {
    type: 'state transition',
    detail: { state, state_reason },
    severity: row.severity,
    onBehalfOf: row.project_id,
  });
