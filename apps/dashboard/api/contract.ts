import type { Answers, ResourceField, Session } from './schema.js';

/**
 * What the API answers, by the names that pages have for it. The types are made of the OpenAPI documents (`npm run docs`), so
 * that neither a page nor the fixtures can say what the API does not.
 */
export type {
  Attempt,
  BootedCard,
  Operation,
  OperationStep as Step,
  RecordAction,
  Resource as ResourceSpec,
  ResourceField as FieldSpec,
  ServerAction as ActionSpec,
  Session,
} from './schema.js';

export type Actions = Answers['GET /dashboard/actions'];
export type OperationDetail = Answers['GET /dashboard/operations/{id}'];
export type OperationState = OperationDetail['operation']['state'];
export type StepState = OperationDetail['steps'][number]['state'];
export type Write = ResourceField['write'][number];

/** A field of what no resource describes, as the resources' fields are described. */
export const plainField = (name: string, more: Partial<ResourceField> = {}): ResourceField => ({
  name,
  title: name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' '),
  type: 'text',
  nullable: false,
  required: [],
  write: [],
  shown: ['list', 'get'],
  brief: true,
  filter: false,
  sort: false,
  ...more,
});

/** A page of operators; a session has those that the policies open to it. */
export type OperatorPage = Session['operator_pages'][number];
