import { Type } from 'typebox';

const text = Type.String();
const nullable = Type.Union([Type.String(), Type.Null()]);
export const PolicyAnswer = Type.Object(
  {
    name: text,
    back_window: Type.Integer(),
    definition: Type.Array(
      Type.Object({ timespan: nullable, granularity: text, points: Type.Union([Type.Number(), Type.Null()]) }),
    ),
    aggregation_methods: Type.Array(text),
  },
  { title: 'ArchivePolicy' },
);
export const PoliciesAnswer = Type.Array(PolicyAnswer);
export const RuleAnswer = Type.Object(
  { name: text, metric_pattern: text, archive_policy_name: text },
  { title: 'ArchivePolicyRule' },
);
export const RulesAnswer = Type.Array(RuleAnswer);
export const TypeAnswer = Type.Object(
  { name: text, state: text, attributes: Type.Record(Type.String(), Type.Unknown()) },
  { title: 'ResourceType' },
);
export const TypesAnswer = Type.Array(TypeAnswer);
const made = { creator: nullable, created_by_user_id: nullable, created_by_project_id: nullable };
const Resource = Type.Object(
  {
    ...made,
    id: text,
    type: text,
    original_resource_id: text,
    user_id: nullable,
    project_id: nullable,
    started_at: text,
    ended_at: nullable,
    revision_start: text,
    revision_end: nullable,
    metrics: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { title: 'Resource', description: 'A resource, with what its type has besides.' },
);
export const ResourceAnswer = Resource;
/** With `attrs` each has these alone. */
export const ResourcesAnswer = Type.Array(Type.Union([Resource, Type.Record(Type.String(), Type.Unknown())]));
export const MetricAnswer = Type.Object(
  {
    ...made,
    id: text,
    name: nullable,
    unit: nullable,
    resource_id: Type.Optional(nullable),
    resource: Type.Optional(Type.Union([Resource, Type.Null()])),
    archive_policy_name: Type.Optional(text),
    archive_policy: Type.Optional(PolicyAnswer),
  },
  { title: 'Metric' },
);
export const MetricsAnswer = Type.Array(MetricAnswer);
/** Each is a time, a granularity in seconds (or a letter of the calendar) and a value. */
export const MeasuresAnswer = Type.Array(Type.Array(Type.Union([Type.String(), Type.Number()])));
