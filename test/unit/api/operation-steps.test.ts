import { describe, expect, it } from 'vitest';
import { stateOf, stepsOf, workflowUrl } from '#apps/api/dashboard/operation-view';
import type { PendingStep } from '#apps/temporal/pending-steps';
import type { StepRecord } from '#services/kernel/engine';
import type { WholeOperation } from '#services/operations/index';

const time = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const operation = (fields: Partial<WholeOperation> = {}): WholeOperation => ({
  id: 'o',
  kind: 'bootServer',
  state: 'running',
  resource_type: 'server',
  resource_id: 's',
  resource_name: 'vm',
  project_id: 'p',
  user_id: 'u',
  request_id: 'r',
  requested_at: new Date(time(0)),
  started_at: new Date(time(1)),
  finished_at: null,
  message: null,
  steps: [],
  ...fields,
});
const done = (step: string, more: Partial<StepRecord> = {}): StepRecord => ({
  step,
  status: 'done',
  startedAt: time(2),
  finishedAt: time(3),
  ...more,
});
const pending = (activity: string, more: Partial<PendingStep> = {}): PendingStep => ({
  activity,
  attempt: 1,
  running: true,
  lastStartedAt: null,
  nextAttemptAt: null,
  lastFailure: null,
  attempts: [],
  ...more,
});
const states = (known: Parameters<typeof stepsOf>[0]) => stepsOf(known).map(({ name, state }) => `${name} ${state}`);

describe('the steps of an operation', () => {
  it('are all of its flow from the request to the client that looks, done, running and still to come', () => {
    const story = [done('validateToken'), { step: 'scheduleServer', status: 'running', startedAt: time(3) } as const];
    const known = { operation: operation(), story, pending: [pending('scheduleServer')], hosts: true };
    expect(states(known)).toEqual([
      'accept done',
      'start done',
      'validateToken done',
      'scheduleServer running',
      'allocateNetwork waiting',
      'requestVolume waiting',
      'connectVolume waiting',
      'fetchImage waiting',
      'spawnServer waiting',
      'activateServer waiting',
      'see waiting',
    ]);
    expect(stepsOf(known).flatMap(({ seed }) => seed?.split(', ').map(Number) ?? [])).toEqual([
      1, 2, 3, 5, 6, 4, 7, 8, 10, 11, 11, 12, 13, 14, 15, 16, 17,
    ]);
  });

  it('wait before it has begun, and what was of no use to one that has ended was skipped', () => {
    const held = { operation: operation({ state: 'held', started_at: null }), story: [], pending: [], hosts: true };
    expect(
      new Set(
        states(held)
          .slice(1)
          .map((one) => one.split(' ')[1]),
      ),
    ).toEqual(new Set(['waiting']));
    const ended = operation({ state: 'done', finished_at: new Date(time(9)) });
    const all = states({ operation: ended, story: [done('activateServer')], pending: [], hosts: true });
    expect(all).toContain('connectVolume skipped');
    expect(all.at(-1)).toBe('see done');
  });

  it('have the attempts that the record keeps, and those that Temporal still knows of one that waits for its next', () => {
    const failed = [{ n: 1, startedAt: time(3), finishedAt: time(4), error: 'no' }];
    const story: StepRecord[] = [
      done('validateToken', { attempts: [...failed, { n: 2, startedAt: time(4), finishedAt: time(5) }] }),
      { step: 'scheduleServer', status: 'running', startedAt: time(5) },
    ];
    const waits = pending('scheduleServer', {
      running: false,
      attempt: 2,
      nextAttemptAt: new Date(time(30)),
      lastFailure: 'no',
      attempts: failed,
    });
    const [, , first, second] = stepsOf({ operation: operation(), story, pending: [waits], hosts: true });
    expect(first!.attempts.map(({ n, error }) => [n, error])).toEqual([
      [1, 'no'],
      [2, null],
    ]);
    expect([second!.attempts.length, second!.next_attempt_at, second!.result]).toEqual([1, time(30), 'no']);
  });

  it('tell a member of a project of no host, and not in the words of an error', () => {
    const story = [
      done('spawnServer', {
        host: 'rack-7',
        status: 'failed',
        detail: 'rack-7 is full',
        attempts: [{ n: 1, error: 'rack-7 is full' }, { n: 2 }],
      }),
    ];
    const text = (hosts: boolean) => JSON.stringify(stepsOf({ operation: operation(), story, pending: [], hosts }));
    expect(text(true)).toContain('rack-7');
    expect(text(false)).not.toContain('rack-7');
  });

  it('are those that were told, where a version has them no longer', () => {
    const story = [done('formerStep')];
    expect(states({ operation: operation({ kind: 'formerKind' }), story, pending: [], hosts: true })).toEqual([
      'accept done',
      'start done',
      'formerStep done',
    ]);
    expect(states({ operation: operation({ kind: 'constructor' }), story, pending: [], hosts: true })).toHaveLength(3);
  });
});

describe('the state of an operation that is under way', () => {
  const undoing = { step: 'allocateNetwork', status: 'undoing', startedAt: time(4) } as const;

  it('is undoing for as long as a step of it is being undone, whatever its record says already', () => {
    expect(stateOf('running', [done('scheduleServer'), undoing])).toBe('undoing');
    expect(stateOf('running', [done('scheduleServer'), { ...undoing, status: 'undone' }])).toBe('running');
    expect(stateOf('cancelling', [undoing])).toBe('cancelling');
  });
});

describe('the link from an operation to its workflow', () => {
  it('leads to the newest run in Temporal’s own pages, whatever its id and the address are written like', () => {
    expect(workflowUrl('http://ui:8233/', 'my space', operation({ id: 'audit/1' }))).toBe(
      'http://ui:8233/namespaces/my%20space/workflows/audit%2F1',
    );
  });

  it('is there neither without such pages nor before the workflow has begun', () => {
    expect(workflowUrl('', 'default', operation())).toBeNull();
    expect(workflowUrl('http://ui', 'default', operation({ started_at: null }))).toBeNull();
  });
});
