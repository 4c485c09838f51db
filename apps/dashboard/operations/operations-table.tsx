import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Operation } from '../api/contract.js';
import { Badge } from '../ui/badge.js';
import { duration, local, millisOf } from '../ui/times.js';

/** The page of an operation: that of a server's is below the server. */
export const operationPage = ({ id, resource }: Pick<Operation, 'id' | 'resource'>): string =>
  resource.type === 'server' ? `/compute/servers/${resource.id}/operations/${id}` : `/activity/${id}`;

export const titleOf = ({ kind, title }: Operation): string =>
  title ?? kind.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

function took({ requested_at, ended_at }: Operation): string {
  const start = millisOf(requested_at);
  const end = millisOf(ended_at);
  return start === undefined || end === undefined ? '' : duration(end - start);
}

export function OperationsTable({ operations }: { readonly operations: readonly Operation[] }): ReactNode {
  if (operations.length === 0) return <p className="quiet">Nothing yet.</p>;
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Of</th>
            <th scope="col">State</th>
            <th scope="col">Asked for</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {operations.map((operation) => (
            <tr key={operation.id}>
              <td>
                <Link to={operationPage(operation)}>{titleOf(operation)}</Link>
              </td>
              <td>{operation.resource.name ?? operation.resource.id}</td>
              <td>
                <Badge status={operation.state} />
              </td>
              <td>{local(operation.requested_at)}</td>
              <td>{took(operation)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
