import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Session } from '../../api/contract.js';
import { clearFaults, faultsQuery, setFault, stepsQuery, type Fault, type StepToFail } from '../../api/faults.js';
import { queryClient } from '../../api/query.js';
import { useSession } from '../../api/session.js';
import { Button } from '../../ui/button.js';
import { Copyable } from '../../ui/copyable.js';
import { Failure } from '../../ui/failure.js';
import { Table, type Column } from '../../ui/table.js';
import { formField, type FormField } from '../resources/form-field.js';
import { ResourceForm } from '../resources/resource-form.js';

/** What happens, in a person's words (apps/faults/store.ts). */
const KINDS: Readonly<Record<Fault['kind'], string>> = {
  error: 'fails, and is tried again',
  fatal: 'fails for good',
  delay: 'waits for some time, or until it is taken back',
  hang: 'says nothing until it is given up, and then goes on',
  crash: 'kills the worker that runs it',
  twice: 'runs a second time',
  disconnect: 'loses the answer to what it has committed',
};
const PHASES: Readonly<Record<Fault['phase'], string>> = {
  before: 'before it acts',
  after: 'after it has acted',
  at: 'at a point in the middle of it',
};

export async function loader(): Promise<null> {
  await Promise.all([queryClient.ensureQueryData(faultsQuery), queryClient.ensureQueryData(stepsQuery)]);
  return null;
}

const often = ({ times, attempt }: Fault): string =>
  [
    times === 0 ? 'always' : times === 1 ? 'once in an operation' : `${times} times in an operation`,
    ...(attempt === undefined ? [] : [`at attempt ${attempt} alone`]),
  ].join(', ');

function columns(titles: ReadonlyMap<string, string>, busy: boolean, clear: (id: string) => void): Column<Fault>[] {
  return [
    {
      id: 'step',
      title: 'Step',
      head: true,
      cell: ({ step }) => (
        <>
          {titles.get(step) ?? step} <span className="quiet mono">{step}</span>
        </>
      ),
      by: ({ step }) => titles.get(step) ?? step,
    },
    {
      id: 'when',
      title: 'When',
      cell: ({ phase, point }) => (point === undefined ? PHASES[phase] : `at its point ${point}`),
    },
    {
      id: 'what',
      title: 'What happens',
      cell: ({ kind, ms }) => `it ${KINDS[kind]}${kind === 'delay' ? ` (${ms} ms)` : ''}`,
    },
    { id: 'often', title: 'How often', cell: often },
    {
      id: 'where',
      title: 'Where',
      cell: ({ workflow, project }) =>
        workflow === undefined && project === undefined ? (
          'everywhere'
        ) : (
          <>
            {workflow === undefined ? null : <Copyable value={workflow} short={workflow.length > 30} />}
            {project === undefined ? null : (
              <>
                project <Copyable value={project} short />
              </>
            )}
          </>
        ),
    },
    { id: 'hits', title: 'Struck', cell: ({ hits }) => hits, by: ({ hits }) => hits },
    {
      id: 'back',
      title: 'Take back',
      cell: ({ id, step }) => (
        <Button
          reason={busy ? 'The last request is under way.' : undefined}
          onPress={() => {
            clear(id);
          }}
        >
          Take back<span className="visually-hidden"> the fault of {titles.get(step) ?? step}</span>
        </Button>
      ),
    },
  ];
}

const labelled = (name: string, title: string, labels: Readonly<Record<string, string>>): FormField =>
  formField(name, title, { required: ['post'], enum: Object.keys(labels), labels });

function fieldsOf(steps: readonly StepToFail[], project: Session['project']): FormField[] {
  const points = [...new Set(steps.flatMap((step) => step.points))];
  const usedBy = (point: string): string =>
    steps
      .filter((step) => step.points.includes(point))
      .map(({ name }) => name)
      .join(', ');
  return [
    labelled('step', 'Step', Object.fromEntries(steps.map(({ name, title }) => [name, `${title} (${name})`]))),
    labelled('phase', 'When', PHASES),
    labelled(
      'kind',
      'What happens',
      Object.fromEntries(Object.entries(KINDS).map(([kind, words]) => [kind, `It ${words}`])),
    ),
    formField('point', 'Point, for one in the middle of a step', {
      enum: points,
      labels: Object.fromEntries(points.map((point) => [point, `${point} (${usedBy(point)})`])),
    }),
    formField('times', 'Times in one operation; 0 is always', { type: 'int' }),
    formField('attempt', 'Only at the attempt of this number', { type: 'int' }),
    formField('ms', 'Milliseconds of a wait', { type: 'int' }),
    formField('workflow', 'Only on the server or volume of this id, or in operations of this kind'),
    ...(project === null
      ? []
      : [formField('project', 'Only in one project', { enum: [project.id], labels: { [project.id]: project.name } })]),
  ];
}

function Faults({ steps }: { readonly steps: readonly StepToFail[] }): ReactNode {
  const { data: faults } = useSuspenseQuery(faultsQuery);
  const { error } = useQuery(faultsQuery);
  const { mutate, isPending, error: refused } = useMutation({ mutationFn: clearFaults });
  const titles = new Map(steps.map(({ name, title }) => [name, title]));
  return (
    <>
      <div className="title">
        <h2>Faults that are set</h2>
        <span className="grow" />
        <Button
          kind="danger"
          reason={faults.length === 0 ? 'No fault is set.' : undefined}
          onPress={() => {
            mutate(undefined);
          }}
        >
          Take all back
        </Button>
      </div>
      <Failure error={refused} />
      <Table
        label="Faults that are set"
        rows={faults}
        columns={columns(titles, isPending, mutate)}
        keyOf={({ id }) => id}
        empty="No fault is set."
        error={error}
      />
    </>
  );
}

/** Steps that are to fail on purpose: in development mode alone. */
export function Component(): ReactNode {
  const { data: steps } = useSuspenseQuery(stepsQuery);
  const { project } = useSession();
  return (
    <>
      <title>Faults · Novaflow</title>
      <h1>Faults to inject</h1>
      <p className="quiet">
        A step fails on purpose, to see what becomes of its operation. Faults hold until they are taken back, also when
        processes are started again.
      </p>
      <Faults steps={steps} />
      <h2>Set a fault</h2>
      <ResourceForm fields={fieldsOf(steps, project)} write="post" verb="Set" send={setFault} />
    </>
  );
}
