import type { ReactNode } from 'react';
import { Badge } from '../ui/badge.js';
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

/** Every stage: its state, host, attempts, duration, and what went wrong. */
export function StageTable({ stages, ...span }: Props): ReactNode {
  return (
    <section className="scroll" aria-label="Steps" tabIndex={0}>
      <table className="stages">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Step</th>
            <th scope="col">State</th>
            <th scope="col">Host</th>
            <th scope="col">Attempt</th>
            <th scope="col">Took</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((stage) => (
            <tr key={stage.label}>
              <td>{stage.label}</td>
              <td>
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
              </td>
              <td>
                <Badge status={stage.state} />
              </td>
              <td>{[...new Set(stage.steps.flatMap(({ step }) => step.host ?? []))].join(', ')}</td>
              <td>{attemptsOf(stage)}</td>
              <td>{took(stage, span.at)}</td>
              <td>
                <Lane stage={stage} stages={stages} {...span} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
