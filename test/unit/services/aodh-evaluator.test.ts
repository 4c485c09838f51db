import { describe, expect, it } from 'vitest';
import { judgeComposite } from '#services/aodh/evaluator/composite';
import { eventOf, matches } from '#services/aodh/evaluator/events';
import { evaluateRule, judge, type Evaluation } from '#services/aodh/evaluator/threshold';
import type { EvaluatedAlarm } from '#services/aodh/evaluator/verdicts';
import type { ThresholdRule } from '#services/aodh/rules';
import { isWithin, normalConstraints } from '#services/aodh/time-constraints';

const rule: ThresholdRule = {
  comparison_operator: 'ge',
  threshold: 10,
  aggregation_method: 'mean',
  evaluation_periods: 3,
  granularity: 60,
};
const alarm = (more: Partial<EvaluatedAlarm> = {}): EvaluatedAlarm => ({
  alarm_id: 'a',
  type: 'gnocchi_resources_threshold',
  user_id: 'u',
  project_id: 'p',
  state: 'ok',
  repeat_actions: false,
  whole_cloud: false,
  rule,
  time_constraints: [],
  defined: '',
  now: new Date(0),
  ...more,
});
const seen = (...values: number[]): Evaluation => evaluateRule(rule, { values });

describe('a threshold alarm', () => {
  it('is in alarm or ok when all of its periods agree, and keeps its state when they do not', () => {
    expect(judge(alarm(), seen(10, 11, 12))).toMatchObject({ counted: 'alarm', next: 'alarm' });
    expect(judge(alarm({ state: 'alarm' }), seen(1, 2, 3))).toMatchObject({ counted: 'ok', next: 'ok' });
    for (const state of ['ok', 'alarm'] as const)
      expect(judge(alarm({ state }), seen(1, 2, 30))).toMatchObject({ counted: null, next: null });
  });

  it('takes the trend of its newest measure when its state is not known, as Aodh does', () => {
    expect(judge(alarm({ state: 'insufficient data' }), seen(1, 2, 30))).toMatchObject({
      next: 'alarm',
      reason: 'Transition to alarm due to 1 samples outside threshold, most recent: 30.0',
    });
  });

  it('compares no more than its newest periods, and says how many are missing', () => {
    expect(judge(alarm(), seen(1, 10, 10, 10)).next).toBe('alarm');
    expect(judge(alarm(), seen(10))).toMatchObject({
      next: 'insufficient data',
      reason: '3 datapoints are unknown',
      reason_data: { disposition: 'unknown', count: 3, most_recent: 10 },
    });
    expect(judge(alarm(), evaluateRule(rule, { missing: 'gone' })).reason).toBe('gone');
  });

  it('is told again at each look where its actions are repeated', () => {
    expect(judge(alarm({ state: 'alarm', repeat_actions: true }), seen(10, 10, 10))).toMatchObject({
      next: 'alarm',
      reason: 'Remaining as alarm due to 3 samples outside threshold, most recent: 10.0',
    });
  });
});

describe('a composite alarm', () => {
  it('becomes unknown where what is known does not decide it', () => {
    const composite = alarm({ type: 'composite', rule: { and: [rule, rule] }, state: 'ok' });
    const unknown = evaluateRule(rule, { missing: 'gone' });
    expect(judgeComposite(composite, [seen(10, 10, 10), unknown]).next).toBe('insufficient data');
    expect(judgeComposite({ ...composite, state: 'alarm' }, [seen(1, 1, 1), unknown]).next).toBe('ok');
  });
});

describe('a time constraint', () => {
  const [night] = normalConstraints([
    { name: 'night', start: '0 23 * * *', duration: '10800', timezone: 'Europe/Ljubljana' },
  ]);
  it.each([
    ['2026-01-10T21:59:59Z', false],
    ['2026-01-10T22:00:00Z', true],
    ['2026-01-11T00:59:59Z', true],
    ['2026-01-11T01:00:01Z', false],
    // Summer time is an hour earlier by UTC.
    ['2026-07-10T21:30:00Z', true],
    ['2026-07-11T00:30:00Z', false],
  ])('at %s: within it is %s', (time, within) => {
    expect(isWithin([night!], new Date(time))).toBe(within);
    expect(isWithin([], new Date(time))).toBe(true);
  });
});

describe('the type of an event', () => {
  it.each([
    ['*', 'compute.instance.create.end', true],
    ['compute.*.end', 'compute.instance.create.end', true],
    ['compute.*.start', 'compute.instance.create.end', false],
    ['volume.creat?.end', 'volume.create.end', true],
    ['', 'volume.create.end', false],
    ['**a*', 'bca', true],
  ])('%s matches %s: %s', (pattern, type, found) => {
    expect(matches(pattern, type)).toBe(found);
  });

  it('is found or not in a moment, whatever pattern a user writes', () => {
    const before = performance.now();
    expect(matches(`${'*a'.repeat(120)}b`, 'a'.repeat(5_000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(500);
  });
});

it('makes no trait of what of a network or a port only administrators see, since alarms tell traits to a user’s address', () => {
  const network = { name: 'net', mtu: 1450, 'provider:segmentation_id': 7, 'provider:physical_network': 'physnet1' };
  const { traits } = eventOf({
    cursor: '1.1',
    message_id: 'm',
    at: new Date(0),
    event_type: 'network.create.end',
    publisher_id: 'network.host',
    priority: 'INFO',
    project_id: 'p',
    user_id: 'u',
    request_id: 'r',
    resource_type: 'network',
    resource_id: 'n',
    payload: { network_id: 'n', network, 'binding:host_id': 'node-7' },
  });
  expect(traits).toMatchObject({ name: 'net', mtu: 1450, network_id: 'n', project_id: 'p' });
  expect(JSON.stringify(traits)).not.toMatch(/physnet1|segmentation|node-7/);
});
