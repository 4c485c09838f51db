import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearchParams, type LoaderFunctionArgs } from 'react-router';
import { operationsQuery, type Asked } from '../api/operations.js';
import { queryClient } from '../api/query.js';
import { OperationsTable } from '../operations/operations-table.js';
import { FilteredHead } from '../ui/filtered-head.js';

const STATES = [
  ['', 'all'],
  ['open', 'open'],
  ['ended', 'ended'],
] as const;
/** As many as the api gives at once. */
const LIMIT = 100;

function askedOf(params: URLSearchParams): Asked {
  const state = params.get('state');
  return { limit: LIMIT, ...(state === 'open' || state === 'ended' ? { state } : {}) };
}

export async function loader({ request }: LoaderFunctionArgs): Promise<null> {
  await queryClient.ensureQueryData(operationsQuery(askedOf(new URL(request.url).searchParams)));
  return null;
}

export function Component(): ReactNode {
  const [params] = useSearchParams();
  const { data } = useSuspenseQuery(operationsQuery(askedOf(params)));
  return (
    <>
      <FilteredHead title="Operations" label="State" name="state" value={params.get('state') ?? ''} options={STATES} />
      <OperationsTable label="Operations" operations={data} />
    </>
  );
}
