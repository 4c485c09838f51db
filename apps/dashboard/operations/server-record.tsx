import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isOpen } from '../api/operations.js';
import type { OperationDetail } from '../api/contract.js';
import { itemQuery, resourcesQuery, type Row } from '../api/resources.js';
import { findSpec } from '../pages/resources/spec.js';
import { Value } from '../ui/value.js';
import type { StepAt } from './replay.js';

interface Filled {
  readonly field: string;
  readonly title: string;
  /** What it is when the request has been taken; undefined: empty. A function of what the request gave. */
  readonly initial: (row: Row) => unknown;
  /** The step that fills it; undefined: the request. */
  readonly by?: string;
}

const given =
  (name: string) =>
  (row: Row): unknown =>
    row[name];
const empty = (): undefined => undefined;

/** The columns of the seed documents' drawing of step 5, "initial values against empty values", and which step fills each. */
const RECORD: readonly Filled[] = [
  { field: 'id', title: 'uuid', initial: given('id') },
  { field: 'name', title: 'display_name', initial: given('name') },
  { field: 'tenant_id', title: 'project_id', initial: given('tenant_id') },
  { field: 'user_id', title: 'user_id', initial: given('user_id') },
  { field: 'flavor', title: 'flavor', initial: given('flavor') },
  { field: 'image', title: 'image_ref', initial: given('image') },
  { field: 'created', title: 'created_at', initial: given('created') },
  { field: 'OS-EXT-STS:vm_state', title: 'vm_state', initial: () => 'building', by: 'activateServer' },
  { field: 'OS-EXT-STS:task_state', title: 'task_state', initial: () => 'scheduling', by: 'activateServer' },
  { field: 'OS-EXT-STS:power_state', title: 'power_state', initial: () => 0, by: 'activateServer' },
  { field: 'OS-EXT-SRV-ATTR:host', title: 'host', initial: empty, by: 'scheduleServer' },
  { field: 'addresses', title: 'network info', initial: empty, by: 'allocateNetwork' },
  { field: 'os-extended-volumes:volumes_attached', title: 'volumes', initial: empty, by: 'requestVolume' },
  { field: 'OS-SRV-USG:launched_at', title: 'launched_at', initial: empty, by: 'activateServer' },
];

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** What a field is at the moment that is shown: what its step gave it, or what it began with. */
function valueAt(filled: Filled, row: Row, steps: readonly StepAt[]): unknown {
  const done = filled.by === undefined || steps.some(({ step, state }) => step.name === filled.by && state === 'done');
  const value = done ? row[filled.field] : filled.initial(row);
  return isEmpty(value) ? undefined : value;
}

interface Props {
  readonly detail: OperationDetail;
  readonly steps: readonly StepAt[];
}

/** The server's record as the boot fills it in: what the request gave, and what was empty until a step filled it. */
export function ServerRecord({ detail, steps }: Props): ReactNode {
  const { operation } = detail;
  const { data: specs } = useQuery(resourcesQuery);
  const spec = findSpec(specs ?? [], {});
  const { data: row, error } = useQuery({
    ...itemQuery(spec, operation.resource.id),
    refetchInterval: isOpen(operation) ? 1000 : false,
  });
  if (row === undefined) return <p className="quiet">{error === null ? 'loading…' : 'The server is gone.'}</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Nova DB</th>
          <th scope="col">Initial value</th>
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        {RECORD.map((filled) => {
          const field = { name: filled.field, type: 'text' } as const;
          const initial = filled.initial(row);
          return (
            <tr key={filled.field}>
              <th scope="row">{filled.title}</th>
              <td>
                <Value field={field} value={isEmpty(initial) ? undefined : initial} brief />
              </td>
              <td>
                <Value field={field} value={valueAt(filled, row, steps)} brief />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
