import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useSearchParams, type LoaderFunctionArgs } from 'react-router';
import { alarmsQuery, STATES, type Alarm } from '../../api/alarms.js';
import { queryClient } from '../../api/query.js';
import { FilteredHead } from '../../ui/filtered-head.js';
import { Table, type Column } from '../../ui/table.js';
import { local, millisOf } from '../../ui/times.js';
import { sentenceOf } from './rule.js';
import { AlarmState } from './state.js';

const stateOf = (params: URLSearchParams): string | null => params.get('state');

export async function loader({ request }: LoaderFunctionArgs): Promise<null> {
  await queryClient.ensureQueryData(alarmsQuery(stateOf(new URL(request.url).searchParams)));
  return null;
}

const SEVERITIES = ['low', 'moderate', 'critical'];

const COLUMNS: readonly Column<Alarm>[] = [
  {
    id: 'name',
    title: 'Name',
    head: true,
    cell: ({ alarm_id, name }) => <Link to={`/alarms/${encodeURIComponent(alarm_id)}`}>{name}</Link>,
    by: ({ name }) => name,
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ state, enabled }) => <AlarmState state={state} enabled={enabled} />,
    by: ({ state }) => state,
  },
  {
    id: 'since',
    title: 'Since',
    cell: ({ state_timestamp }) => local(state_timestamp ?? ''),
    by: ({ state_timestamp }) => millisOf(state_timestamp) ?? 0,
  },
  {
    id: 'severity',
    title: 'Severity',
    cell: ({ severity }) => severity,
    by: ({ severity }) => SEVERITIES.indexOf(severity),
  },
  { id: 'rule', title: 'It is an alarm when', cell: sentenceOf },
];

/** The alarms of a project. */
export function Component(): ReactNode {
  const [params] = useSearchParams();
  const state = stateOf(params);
  const { data, error } = useQuery(alarmsQuery(state));
  return (
    <>
      <FilteredHead
        title="Alarms"
        label="State"
        name="state"
        value={state ?? ''}
        options={[['', 'in every state'], ...STATES.map((one) => [one, one] as const)]}
      >
        <span className="grow" />
        <Link className="button primary" to="/alarms/new">
          New alarm
        </Link>
      </FilteredHead>
      <Table
        label="Alarms"
        rows={data}
        columns={COLUMNS}
        keyOf={({ alarm_id }) => alarm_id}
        empty={state === null ? 'There are no alarms yet.' : `No alarm is ${state}.`}
        error={error}
      />
    </>
  );
}
