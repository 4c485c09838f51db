import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isOpen, operationsQuery } from '../api/operations.js';
import { OperationsTable } from '../operations/operations-table.js';

/** As many as fit; the page of operations has the others. */
const SHOWN = 15;

/** What is running and what has just ended, on every page. */
export function Drawer(): ReactNode {
  const { data, error } = useQuery(operationsQuery({ limit: SHOWN }));
  const operations = data ?? [];
  const running = operations.filter(isOpen).length;
  const failed = operations.filter(({ state }) => state === 'failed').length;
  return (
    <details className="drawer">
      <summary>
        Operations: {running} running
        {failed > 0 ? `, ${failed} of the last ${operations.length} failed` : ''}
        {error === null ? '' : ' (not known at the moment)'}
      </summary>
      <div className="inside">
        <OperationsTable label="The newest operations" operations={data} />
      </div>
    </details>
  );
}
