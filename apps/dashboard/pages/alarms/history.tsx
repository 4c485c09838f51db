import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { CHANGES, historyQuery, STATES, type Change } from '../../api/alarms.js';
import { asText } from '../../ui/as-text.js';
import { Copyable } from '../../ui/copyable.js';
import { Table, type Column } from '../../ui/table.js';
import { local } from '../../ui/times.js';
import { AlarmState } from './state.js';

/** Aodh keeps what happened as JSON in a text. */
function detailOf({ detail }: Change): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(detail);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function What(change: Change): ReactNode {
  const detail = detailOf(change);
  const state = STATES.find((one) => one === detail['state']);
  if (change.type === 'state transition' && state !== undefined)
    return (
      <>
        <AlarmState state={state} enabled /> {asText(detail['transition_reason'] ?? detail['state_reason'])}
      </>
    );
  if (change.type === 'creation') return 'made';
  const changes = Object.entries(detail).map(
    ([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : asText(value)}`,
  );
  return changes.join('; ');
}

const COLUMNS: readonly Column<Change>[] = [
  { id: 'time', title: 'Time', head: true, cell: ({ timestamp }) => local(timestamp ?? '') },
  { id: 'type', title: 'What happened', cell: ({ type }) => type },
  { id: 'detail', title: 'To what', cell: What },
  {
    id: 'by',
    title: 'By',
    cell: ({ user_id }) => (user_id === null || user_id === '' ? 'the cloud' : <Copyable value={user_id} short />),
  },
];

/** What happened to an alarm, the newest first. */
export function History({ id }: { readonly id: string }): ReactNode {
  const { data, error } = useQuery(historyQuery(id));
  return (
    <Table
      label="History"
      rows={data}
      columns={COLUMNS}
      keyOf={({ event_id }) => event_id}
      empty="Nothing happened to it that is still kept."
      error={error}
      note={data?.length === CHANGES ? `These are the newest ${CHANGES}.` : undefined}
    />
  );
}
