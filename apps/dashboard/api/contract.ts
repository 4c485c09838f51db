/**
 * What the api's own routes for the dashboard answer (apps/api/dashboard). All else that pages ask is OpenStack's API,
 * whose types are in openstack.ts.
 */

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Session {
  readonly user: Named & { readonly domain: Named };
  readonly project: Named | null;
  readonly projects: readonly Named[];
  readonly roles: readonly string[];
  readonly expires_at: string;
}

export type FieldType = 'text' | 'bool' | 'int' | 'number' | 'time' | 'list' | 'json';

/** A field of a resource, as the forms, the columns and the filters are made of it. */
export interface FieldSpec {
  readonly name: string;
  readonly title?: string;
  readonly type: FieldType;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** The requests that have to give it. */
  readonly required: readonly Write[];
  readonly default?: unknown;
  readonly write: readonly Write[];
  readonly shown?: readonly ('list' | 'get')[];
  readonly filter: boolean | 'admin';
  /** Whether a list can be sorted by it, or under which names. */
  readonly sort: boolean | readonly string[];
  /** The resource whose key it holds. */
  readonly refersTo?: { readonly service: string; readonly name: string };
}
export type Write = 'post' | 'put';

export interface ResourceSpec {
  readonly service: string;
  readonly name: string;
  readonly many: string;
  readonly title: string;
  /** The whole path from the origin; `:name` is the key of what it lies below. */
  readonly path: string;
  /** Of the list with details, where that is another. */
  readonly detailPath: string | null;
  readonly envelope: { readonly one: string | null; readonly many: string };
  readonly key: string;
  readonly fields: readonly FieldSpec[];
  readonly may: Readonly<Record<'list' | 'get' | 'create' | 'update' | 'delete', boolean>>;
  readonly madeBy: readonly ('POST' | 'PUT')[];
  readonly updateMethod: 'PUT' | 'PATCH';
  /** The media type of a change that is a list of operations (Glance's JSON patch). */
  readonly patchType: string | null;
  /** Whether its list takes a limit and a marker. */
  readonly pages?: boolean;
  /** The whole value of OpenStack-API-Version. */
  readonly microversion: string | null;
}

/** Something that a server can be told to do. */
export interface ActionSpec {
  readonly action: string;
  readonly label: string;
  /** The member of the body of POST /servers/{id}/action; null for one that has a route of its own. */
  readonly bodyKey: string | null;
  /** Its value. */
  readonly body: unknown;
  /** The states in which a server takes it; null where it takes it in all. */
  readonly from: { readonly vm_state: readonly string[]; readonly task_state: readonly (string | null)[] } | null;
  readonly may: boolean;
}

export interface Actions {
  readonly server: readonly ActionSpec[];
}

export type OperationState = 'requested' | 'held' | 'running' | 'cancelling' | 'undoing' | 'done' | 'failed' | 'undone';

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly title?: string;
  readonly resource: { readonly type: string; readonly id: string; readonly name?: string | null };
  readonly state: OperationState;
  readonly project_id: string;
  readonly user_id: string;
  readonly request_id: string;
  readonly requested_at: string;
  readonly started_at?: string | null;
  readonly ended_at?: string | null;
  readonly error?: string | null;
}

export interface Attempt {
  readonly n: number;
  readonly started_at?: string | null;
  readonly ended_at?: string | null;
  readonly host?: string | null;
  readonly error?: string | null;
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'undoing' | 'undone' | 'skipped';

export interface Step {
  readonly name: string;
  readonly title: string;
  readonly on: string;
  readonly service?: string;
  readonly seed?: string | null;
  readonly branch?: string | null;
  readonly state: StepState;
  readonly host?: string | null;
  readonly attempts: readonly Attempt[];
  readonly started_at?: string | null;
  readonly ended_at?: string | null;
  readonly result?: string | null;
  readonly next_attempt_at?: string | null;
}

export interface OperationDetail {
  readonly operation: Operation;
  /** Whether who asks may have its waiting steps tried at once. */
  readonly may_retry: boolean;
  readonly steps: readonly Step[];
}
