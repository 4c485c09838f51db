import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useSearchParams, type LoaderFunctionArgs } from 'react-router';
import { queryClient } from '../../api/query.js';
import { attributeOf, measuredQuery, PAGE, typesQuery, type Measured } from '../../api/telemetry.js';
import { asText } from '../../ui/as-text.js';
import { Copyable } from '../../ui/copyable.js';
import { FilteredHead } from '../../ui/filtered-head.js';
import { Table, type Column } from '../../ui/table.js';
import { local, millisOf } from '../../ui/times.js';

/** What most people look for. */
const USUAL = 'instance';
const typeOf = (params: URLSearchParams): string => params.get('type') ?? USUAL;

export async function loader({ request }: LoaderFunctionArgs): Promise<null> {
  const params = new URL(request.url).searchParams;
  await Promise.all([
    queryClient.ensureQueryData(typesQuery),
    queryClient.ensureQueryData(measuredQuery(typeOf(params), params.get('marker'))),
  ]);
  return null;
}

/** What a resource is called, where it has a name of its own. */
export const nameOf = (resource: Measured): string =>
  ['display_name', 'name', 'host_name']
    .map((name) => asText(attributeOf(resource, name)))
    .find((name) => name !== '') ?? resource.original_resource_id;

const COLUMNS: readonly Column<Measured>[] = [
  {
    id: 'name',
    title: 'Resource',
    head: true,
    cell: (one) => (
      <Link to={`/metrics/${encodeURIComponent(one.type)}/${encodeURIComponent(one.id)}`}>{nameOf(one)}</Link>
    ),
    by: nameOf,
  },
  { id: 'id', title: 'Id', cell: ({ original_resource_id }) => <Copyable value={original_resource_id} short /> },
  { id: 'type', title: 'Type', cell: ({ type }) => type, by: ({ type }) => type },
  {
    id: 'metrics',
    title: 'Metrics',
    cell: ({ metrics }) => Object.keys(metrics ?? {}).length,
    by: ({ metrics }) => Object.keys(metrics ?? {}).length,
  },
  {
    id: 'started',
    title: 'Measured since',
    cell: ({ started_at }) => local(started_at),
    by: ({ started_at }) => millisOf(started_at) ?? 0,
  },
  { id: 'ended', title: 'Until', cell: ({ ended_at }) => (ended_at === null ? 'now' : local(ended_at)) },
];

/** What there are measures of. */
export function Component(): ReactNode {
  const [params] = useSearchParams();
  const type = typeOf(params);
  const { data: types } = useSuspenseQuery(typesQuery);
  const { data, error } = useQuery(measuredQuery(type, params.get('marker')));
  const last = data?.length === PAGE ? data.at(-1)?.id : undefined;
  return (
    <>
      <FilteredHead
        title="Metrics"
        label="Type of resource"
        name="type"
        value={type}
        options={[
          ['generic', 'every type'],
          ...types.filter((one) => one !== 'generic').map((one) => [one, one] as const),
        ]}
      />
      <Table
        label="Resources that are measured"
        rows={data}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty="Nothing of this type was measured yet."
        error={error}
      />
      {last === undefined ? null : (
        <p>
          <Link to={`?${new URLSearchParams({ type, marker: last })}`}>The list after these {PAGE}</Link>
        </p>
      )}
    </>
  );
}
