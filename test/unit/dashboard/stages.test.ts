import { describe, expect, it } from 'vitest';
import type { OperationDetail, Step } from '../../../apps/dashboard/api/contract.js';
import { happenings } from '../../../apps/dashboard/operations/replay.js';
import { stagesOf } from '../../../apps/dashboard/operations/stages.js';
import { whereOf } from '../../../apps/dashboard/operations/where.js';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (millis: number): string => new Date(T0 + millis).toISOString();

const timeOf = (millis: number | undefined): string | null => (millis === undefined ? null : at(millis));

const step = (name: string, seed: string, state: Step['state'], from?: number, to?: number): Step => ({
  name,
  title: name,
  on: 'conductor',
  service: 'nova-conductor',
  undo: null,
  no_undo: null,
  branch: null,
  host: null,
  result: null,
  next_attempt_at: null,
  seed,
  state,
  attempts: from === undefined ? [] : [{ n: 1, started_at: at(from), ended_at: timeOf(to), error: null }],
  started_at: timeOf(from),
  ended_at: timeOf(to),
});

const boot = (steps: readonly Step[], more: Partial<OperationDetail['operation']> = {}): OperationDetail => ({
  operation: {
    id: 'o',
    kind: 'bootServer',
    title: 'Boot server',
    resource: { type: 'server', id: 's', name: null },
    state: 'done',
    project_id: 'p',
    user_id: 'u',
    request_id: 'req-1',
    requested_at: at(0),
    started_at: at(10),
    ended_at: at(100),
    error: null,
    ...more,
  },
  cards: [],
  may_retry: false,
  workflow_url: null,
  steps,
});

const whole = boot([
  step('scheduleServer', '7, 8', 'done', 10, 20),
  step('validateToken', '4', 'done', 20, 25),
  step('allocateNetwork', '10', 'done', 20, 40),
  step('requestVolume', '11', 'skipped'),
  step('fetchImage', '12, 13, 14', 'done', 21, 50),
  step('spawnServer', '15', 'done', 50, 90),
  step('activateServer', '16', 'done', 90, 100),
]);

const statesAt = (detail: OperationDetail, millis?: number): Record<string, string> =>
  Object.fromEntries(stagesOf(detail, millis === undefined ? undefined : T0 + millis).map((s) => [s.label, s.state]));

describe('the stages of a boot', () => {
  it('are the seventeen of the seed documents, all passed when the boot is done but what it had no need of', () => {
    const states = statesAt(whole);
    expect(Object.keys(states)).toEqual(Array.from({ length: 17 }, (_, n) => String(n + 1)));
    expect(states['11']).toBe('skipped');
    expect(Object.entries(states).filter(([label, state]) => state !== 'done' && label !== '11')).toEqual([]);
  });

  it('are at any moment as they were then', () => {
    expect(statesAt(whole, 5)).toMatchObject({ 3: 'done', 6: 'running', 7: 'waiting', 9: 'waiting', 17: 'waiting' });
    expect(statesAt(whole, 30)).toMatchObject({ 4: 'done', 8: 'done', 9: 'done', 10: 'running', 13: 'running' });
    expect(statesAt(whole, 60)).toMatchObject({ 14: 'done', 15: 'running', 16: 'waiting', 17: 'waiting' });
  });

  it('show what was undone only from when it was, and the failure that began it', () => {
    const undone = boot(
      [
        step('scheduleServer', '7, 8', 'done', 10, 20),
        step('spawnServer', '15', 'failed', 30, 60),
        step('spawnServer', '15', 'undone', 61, 70),
        step('scheduleServer', '7, 8', 'undone', 70, 80),
      ],
      { state: 'failed' },
    );
    expect(statesAt(undone, 40)).toMatchObject({ 8: 'done', 15: 'running', 17: 'waiting' });
    expect(statesAt(undone, 65)).toMatchObject({ 8: 'done', 15: 'undoing', 17: 'waiting' });
    expect(statesAt(undone, 75)).toMatchObject({ 8: 'undoing', 15: 'failed', 17: 'waiting' });
    expect(statesAt(undone)).toMatchObject({ 8: 'undone', 15: 'failed', 17: 'failed' });
  });

  it('go by the last run of a step that ran on a second host', () => {
    const twice = boot([
      step('spawnServer', '15', 'failed', 20, 30),
      step('spawnServer', '15', 'undone', 31, 35),
      step('spawnServer', '15', 'done', 40, 50),
      step('activateServer', '16', 'done', 50, 60),
    ]);
    expect(statesAt(twice)).toMatchObject({ 15: 'done', 16: 'done' });
    const { earlier } = stagesOf(twice, undefined).find(({ label }) => label === '15')!;
    expect(earlier.map(({ state, end }) => [state, end])).toEqual([['failed', T0 + 30]]);
  });
});

describe('where a boot is, in words', () => {
  const wordsAt = (detail: OperationDetail, millis?: number): string =>
    whereOf(stagesOf(detail, millis === undefined ? undefined : T0 + millis));

  it('is the stages that are under way, then that all is done', () => {
    expect(wordsAt(whole, 60)).toBe('Now, of 17 stages: 15 Start the VM via the hypervisor.');
    expect(wordsAt(whole)).toBe('All that was needed has been done.');
  });

  it('is what failed, and what is being undone or was', () => {
    const failing = (state: Step['state'], more: Partial<OperationDetail['operation']>): OperationDetail =>
      boot([step('allocateNetwork', '10', state, 10, 20), step('spawnServer', '15', 'failed', 30, 60)], more);
    const failed = 'Failed at 15 Start the VM via the hypervisor. ';
    expect(wordsAt(failing('undoing', { state: 'undoing', ended_at: null }))).toBe(
      `${failed}What had been done is being undone; now: 10 Configure the network.`,
    );
    expect(wordsAt(failing('undone', { state: 'failed' }))).toBe(`${failed}Undone: 10 Configure the network.`);
  });
});

describe('the events of an operation', () => {
  it('are all of them in the order in which they happened, attempts with their errors', () => {
    const spawn: Step = {
      ...step('spawnServer', '15', 'done', 20, 60),
      attempts: [
        { n: 1, started_at: at(20), ended_at: at(30), error: 'QEMU is away' },
        { n: 2, started_at: at(40), ended_at: at(60), error: null },
      ],
    };
    expect(happenings(boot([spawn])).map(({ text }) => text)).toEqual([
      'Asked for by request req-1',
      'Its workflow starts',
      'spawnServer: attempt 1 begins',
      'spawnServer: attempt 1 failed: QEMU is away',
      'spawnServer: attempt 2 begins',
      'spawnServer: done',
      'Ended: done',
    ]);
  });
});

describe('the stages of another operation', () => {
  it('are its request, its own steps in their order, and its end', () => {
    const stop = boot([step('powerOff', '', 'done', 20, 30), step('finishAction', '', 'done', 30, 40)]);
    expect(stagesOf(stop, undefined).map(({ title }) => title)).toEqual([
      'Send the API request',
      'Publish the request',
      'powerOff',
      'finishAction',
      'Ended',
    ]);
  });
});
