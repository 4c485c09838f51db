import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, type ReactNode } from 'react';
import { Link, useParams, type LoaderFunctionArgs } from 'react-router';
import { operationsQuery } from '../../api/operations.js';
import { actionsQuery, type Row } from '../../api/resources.js';
import { queryClient } from '../../api/query.js';
import { OperationsTable } from '../../operations/operations-table.js';
import { asText } from '../../ui/as-text.js';
import { Badge } from '../../ui/badge.js';
import { Copyable } from '../../ui/copyable.js';
import { Facts } from '../../ui/facts.js';
import { useSpec } from '../resources/spec.js';
import { ServerActions } from './actions.js';
import { OpenConsole } from './open-console.js';
import { loadServer, useServer } from './server.js';

/** What is below the fold, with all that it needs, comes after what is above it. */
const ServerMetrics = lazy(() => import('./metrics.js'));

/** Of its flavor, of which the newest microversions tell the numbers. */
const vcpusOf = ({ flavor }: Row): number => (flavor as { vcpus?: number } | undefined)?.vcpus ?? 1;

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  const id = params['id'] ?? '';
  await Promise.all([loadServer(id), queryClient.ensureQueryData(actionsQuery)]);
  return null;
}

/** Why a server is in ERROR, as Nova says it. */
function Fault({ fault }: { readonly fault: unknown }): ReactNode {
  const message = (fault as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? (
    <div className="alert" role="alert">
      {message}
    </div>
  ) : null;
}

function Operations({ id }: { readonly id: string }): ReactNode {
  const { data, error } = useQuery(operationsQuery({ limit: 20, resource_id: id }));
  return <OperationsTable label="Operations of this server" operations={data} error={error} />;
}

export function Component(): ReactNode {
  const id = useParams()['id'] ?? '';
  const server = useServer(id);
  const spec = useSpec();
  const name = String(server['name']);
  return (
    <>
      <title>{`${name} · Servers · Novaflow`}</title>
      <p>
        <Link to="/compute/servers">Servers</Link>
      </p>
      <div className="title">
        <h1>{name}</h1>
        <Badge status={String(server['status'])} />
        <span className="quiet">{asText(server['OS-EXT-STS:task_state'])}</span>
        <Copyable value={id} />
        <span className="grow" />
        <OpenConsole id={id} server={server} />
        <Link className="button" to={`/compute/servers/${id}/console-log`}>
          Console log
        </Link>
        <Link className="button" to={`/topology?server=${id}`}>
          What is open to whom
        </Link>
      </div>
      <Fault fault={server['fault']} />
      <ServerActions id={id} server={server} />
      <h2>Operations</h2>
      <Operations id={id} />
      <Suspense fallback={<p className="quiet">loading…</p>}>
        <ServerMetrics id={id} vcpus={vcpusOf(server)} />
      </Suspense>
      <h2>Record</h2>
      <Facts fields={spec.fields} row={server} />
    </>
  );
}
