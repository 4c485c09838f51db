import type { Answers } from '../api/schema.js';

const STEP = 300;
const last = Math.floor(Date.now() / 1000 / STEP) * STEP;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const since = iso(last - 86_400);
const id = '5'.repeat(8);

const resource = {
  id,
  type: 'instance',
  original_resource_id: id,
  display_name: 'vm-00001',
  creator: null,
  created_by_user_id: null,
  created_by_project_id: null,
  user_id: null,
  project_id: '1'.repeat(32),
  started_at: since,
  ended_at: null,
  revision_start: since,
  revision_end: null,
  metrics: { 'memory.usage': 'm' },
};
const alarm: Answers['GET /alarming/v2/alarms/{id}'] = {
  alarm_id: 'a',
  name: 'memory of vm-00001',
  description: null,
  enabled: true,
  type: 'gnocchi_resources_threshold',
  severity: 'critical',
  project_id: resource.project_id,
  user_id: '2'.repeat(32),
  timestamp: since,
  state: 'alarm',
  state_reason: 'Transition to alarm due to 1 samples outside threshold, most recent: 182.0',
  state_timestamp: iso(last),
  ok_actions: [],
  alarm_actions: ['https://ops.example/hook'],
  insufficient_data_actions: [],
  repeat_actions: false,
  time_constraints: [],
  evaluate_timestamp: iso(last),
  gnocchi_resources_threshold_rule: {
    resource_type: 'instance',
    resource_id: id,
    metric: 'memory.usage',
    aggregation_method: 'mean',
    comparison_operator: 'gt',
    threshold: 170,
    granularity: STEP,
    evaluation_periods: 1,
  },
};

/** What was measured of a server in the last hours, and an alarm of it. */
export const TELEMETRY: Readonly<Partial<Answers>> = {
  'GET /metric/v1/resource_type': [{ name: 'instance', state: 'active', attributes: {} }],
  'GET /metric/v1/resource/{type}': [resource],
  'GET /metric/v1/resource/{type}/{id}': resource,
  'GET /metric/v1/resource/{type}/{id}/metric': [
    {
      id: 'm',
      name: 'memory.usage',
      unit: 'MiB',
      creator: null,
      created_by_user_id: null,
      created_by_project_id: null,
      archive_policy: {
        name: 'low',
        back_window: 0,
        definition: [{ granularity: '0:05:00', points: 8640, timespan: '30 days, 0:00:00' }],
        aggregation_methods: ['mean', 'max'],
      },
    },
  ],
  'GET /metric/v1/resource/{type}/{id}/metric/{name}/measures': Array.from({ length: 72 }, (_, i) => [
    iso(last - (71 - i) * STEP),
    STEP,
    150 + 30 * Math.sin(i / 6) + i / 4,
  ]),
  'GET /alarming/v2/alarms': [alarm],
  'GET /alarming/v2/alarms/{id}': alarm,
  'GET /alarming/v2/alarms/{id}/history': [
    {
      event_id: 'e',
      alarm_id: 'a',
      type: 'state transition',
      detail: '{"state": "alarm", "transition_reason": "Transition to alarm"}',
      project_id: resource.project_id,
      user_id: '',
      on_behalf_of: resource.project_id,
      timestamp: iso(last),
    },
  ],
};
