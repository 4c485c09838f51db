import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../../apps/dashboard/api/alarms.js';
import { bodyOf, formOf, sentenceOf, sourceOf, thresholdsOf } from '../../../apps/dashboard/pages/alarms/rule.js';

const compared = {
  aggregation_method: 'rate:mean',
  comparison_operator: 'gt',
  threshold: 50,
  granularity: 300,
  evaluation_periods: 3,
} as const;
const ofResource = { ...compared, metric: 'cpu', resource_type: 'instance', resource_id: 'vm 1' };
const alarm = (more: Partial<Alarm>): Alarm => ({
  alarm_id: 'a',
  name: 'busy',
  description: null,
  enabled: true,
  type: 'gnocchi_resources_threshold',
  severity: 'low',
  project_id: 'p',
  user_id: 'u',
  timestamp: null,
  state: 'ok',
  state_reason: null,
  state_timestamp: null,
  ok_actions: [],
  alarm_actions: [],
  insufficient_data_actions: [],
  repeat_actions: false,
  time_constraints: [],
  evaluate_timestamp: null,
  ...more,
});

describe('the form of an alarm', () => {
  it('says the parts of the rule apart from the alarm’s own', () => {
    expect(bodyOf('gnocchi_resources_threshold', { name: 'busy', severity: 'critical', ...ofResource })).toEqual({
      type: 'gnocchi_resources_threshold',
      name: 'busy',
      severity: 'critical',
      gnocchi_resources_threshold_rule: ofResource,
    });
    expect(bodyOf('composite', { name: 'both', composite_rule: { and: [] } })).toEqual({
      type: 'composite',
      name: 'both',
      composite_rule: { and: [] },
    });
  });

  it('shows an alarm with the parts of its rule, and keeps those of them that are not changed', () => {
    const one = alarm({ gnocchi_resources_threshold_rule: ofResource });
    expect(formOf(one)).toMatchObject({ name: 'busy', threshold: 50, metric: 'cpu' });
    expect(bodyOf(one.type, { threshold: 60 }, ofResource)).toEqual({
      type: one.type,
      gnocchi_resources_threshold_rule: { ...ofResource, threshold: 60 },
    });
  });
});

describe('the rule of an alarm', () => {
  it('is told in a sentence for every type', () => {
    expect(sentenceOf(alarm({ gnocchi_resources_threshold_rule: ofResource }))).toBe(
      'cpu of instance vm 1: rate:mean of 5 minutes is above 50, 3 times one after the other',
    );
    const traits = [{ field: 'traits.state', op: 'eq', value: 'error' } as const];
    expect(sentenceOf(alarm({ type: 'event', event_rule: { event_type: 'compute.*', query: traits } }))).toBe(
      'An event compute.* comes in which traits.state is error',
    );
    const leaf = { type: 'gnocchi_resources_threshold', ...ofResource, evaluation_periods: 1 };
    expect(sentenceOf(alarm({ type: 'composite', composite_rule: { or: [leaf, leaf] } }))).toBe(
      '(cpu of instance vm 1: rate:mean of 5 minutes is above 50) or (cpu of instance vm 1: rate:mean of 5 minutes is above 50)',
    );
  });

  it('has its measures where Aodh reads them', () => {
    const sources = (one: Alarm) => thresholdsOf(one).map(sourceOf);
    expect(sources(alarm({ gnocchi_resources_threshold_rule: ofResource }))).toEqual([
      {
        path: '/metric/v1/resource/instance/vm%201/metric/cpu/measures',
        params: { aggregation: 'rate:mean' },
      },
    ]);
    const across = { aggregation: 'rate:mean', reaggregation: 'mean' };
    const metrics = { ...compared, metrics: ['m', 'n'] };
    expect(
      sources(
        alarm({
          type: 'gnocchi_aggregation_by_metrics_threshold',
          gnocchi_aggregation_by_metrics_threshold_rule: metrics,
        }),
      ),
    ).toEqual([{ path: '/metric/v1/aggregation/metric', params: { ...across, metric: ['m', 'n'] } }]);
    const byResources = { ...compared, metric: 'cpu', resource_type: 'instance', query: '{"=": {"flavor_name": "s"}}' };
    expect(
      sources(
        alarm({
          type: 'gnocchi_aggregation_by_resources_threshold',
          gnocchi_aggregation_by_resources_threshold_rule: byResources,
        }),
      ),
    ).toEqual([
      {
        path: '/metric/v1/aggregation/resource/instance/metric/cpu',
        body: { '=': { flavor_name: 's' } },
        params: across,
      },
    ]);
    expect(sources(alarm({ type: 'event', event_rule: {} }))).toEqual([]);
  });
});
