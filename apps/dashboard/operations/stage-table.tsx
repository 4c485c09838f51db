import type { ReactNode } from 'react';
import { Badge } from '../ui/badge.js';
import { Table, type Column } from '../ui/table.js';
import { duration, millisOf } from '../ui/times.js';
import { LOOK } from './looks.js';
import type { Stage } from './stages.js';

interface Props {
  readonly stages: readonly Stage[];
  readonly from: number;
  readonly to: number;
  /** The moment that is shown. */
  readonly at: number;
}

/** When a stage went, in the whole of the operation. */
function Lane({ stage, from, to, at }: Props & { readonly stage: Stage }): ReactNode {
  if (stage.start === undefined || stage.state === 'waiting') return <div className="lane" />;
  const whole = Math.max(1, to - from);
  const left = ((stage.start - from) / whole) * 100;
  const width = (((stage.end ?? at) - stage.start) / whole) * 100;
  return (
    <div className="lane">
      <span
        className={LOOK[stage.state]}
        style={{ left: `${left}%`, width: `${Math.max(0, Math.min(width, 100 - left))}%` }}
      />
    </div>
  );
}

function took({ start, end, state }: Stage, at: number): string {
  if (start === undefined || state === 'waiting') return '';
  return duration((end ?? at) - start);
}

/** The attempts of a stage's steps in one line, and when the next is due. */
function attemptsOf({ steps }: Stage): string {
  const most = Math.max(0, ...steps.map(({ attempts }) => attempts.at(-1)?.n ?? 0));
  return most === 0 ? '' : String(most);
}

function Trouble({ stage, at }: { readonly stage: Stage; readonly at: number }): ReactNode {
  return stage.steps.map(({ step, error }) => {
    const next = millisOf(step.next_attempt_at);
    const due = next !== undefined && next > at ? ` Next attempt in ${duration(next - at)}.` : '';
    return error === undefined && due === '' ? null : (
      <div key={step.name} className={stage.state === 'done' ? 'quiet' : 'trouble'}>
        {error}
        {due}
      </div>
    );
  });
}

/** Why it failed on hosts that were tried before. */
function Earlier({ stage: { earlier } }: { readonly stage: Stage }): ReactNode {
  return earlier.map(({ step, error, attempts, start }) => (
    <div key={`${step.name} ${start}`} className="trouble">
      Before{step.host ? ` on ${step.host}` : ''}: failed
      {attempts.length > 1 ? ` after ${attempts.length} attempts` : ''}
      {error === undefined ? '' : `, ${error}`}
    </div>
  ));
}

function columnsOf({ stages, ...span }: Props): readonly Column<Stage>[] {
  return [
    { id: 'number', title: '#', cell: ({ label }) => label },
    {
      id: 'step',
      title: 'Step',
      cell: (stage) => (
        <>
          {stage.title}
          {stage.steps.map(({ step, state }) =>
            step.result && state === 'done' ? (
              <div key={step.name} className="quiet">
                {step.result}
              </div>
            ) : null,
          )}
          <Earlier stage={stage} />
          <Trouble stage={stage} at={span.at} />
        </>
      ),
    },
    { id: 'state', title: 'State', cell: ({ state }) => <Badge status={state} /> },
    {
      id: 'host',
      title: 'Host',
      cell: ({ steps }) => [...new Set(steps.flatMap(({ step }) => step.host ?? []))].join(', '),
    },
    { id: 'attempt', title: 'Attempt', cell: attemptsOf },
    { id: 'took', title: 'Took', cell: (stage) => took(stage, span.at) },
    { id: 'when', title: 'When', cell: (stage) => <Lane stage={stage} stages={stages} {...span} /> },
  ];
}

/** Every stage: its state, host, attempts, duration, and what went wrong. */
export const StageTable = (props: Props): ReactNode => (
  <Table
    label="Steps"
    className="stages"
    rows={props.stages}
    columns={columnsOf(props)}
    keyOf={({ label }) => label}
    empty="It has no steps."
  />
);
