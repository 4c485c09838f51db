import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearchParams, type LoaderFunctionArgs } from 'react-router';
import { operationsQuery, type Asked } from '../api/operations.js';
import { queryClient } from '../api/query.js';
import { OperationsTable } from '../operations/operations-table.js';

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
  const [params, setParams] = useSearchParams();
  const { data } = useSuspenseQuery(operationsQuery(askedOf(params)));
  return (
    <>
      <title>Operations · Novaflow</title>
      <div className="title">
        <h1>Operations</h1>
        <select
          aria-label="State"
          value={params.get('state') ?? ''}
          onChange={({ target }) => {
            setParams(target.value === '' ? {} : { state: target.value });
          }}
        >
          <option value="">all</option>
          <option>open</option>
          <option>ended</option>
        </select>
      </div>
      <OperationsTable operations={data} />
    </>
  );
}
