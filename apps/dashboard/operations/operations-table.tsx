import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Operation } from '../api/contract.js';
import { Badge } from '../ui/badge.js';
import { Table, type Column } from '../ui/table.js';
import { duration, local, millisOf } from '../ui/times.js';

/** The page of an operation: that of a server's is below the server. */
export const operationPage = ({ id, resource }: Pick<Operation, 'id' | 'resource'>): string =>
  resource.type === 'server' ? `/compute/servers/${resource.id}/operations/${id}` : `/activity/${id}`;

function took({ requested_at, ended_at }: Operation): string {
  const start = millisOf(requested_at);
  const end = millisOf(ended_at);
  return start === undefined || end === undefined ? '' : duration(end - start);
}

const COLUMNS: readonly Column<Operation>[] = [
  { id: 'title', title: 'Operation', cell: (one) => <Link to={operationPage(one)}>{one.title}</Link> },
  { id: 'of', title: 'Of', cell: ({ resource }) => resource.name ?? resource.id },
  { id: 'state', title: 'State', cell: ({ state }) => <Badge status={state} /> },
  { id: 'asked', title: 'Asked for', cell: ({ requested_at }) => local(requested_at) },
  { id: 'took', title: 'Took', cell: took },
];

interface Props {
  readonly label: string;
  readonly operations: readonly Operation[] | undefined;
  readonly error?: unknown;
}

export const OperationsTable = ({ label, operations, error }: Props): ReactNode => (
  <Table label={label} rows={operations} error={error} columns={COLUMNS} keyOf={({ id }) => id} empty="Nothing yet." />
);
