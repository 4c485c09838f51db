// Made by cli/page-types.ts from the OpenAPI documents; change the schemas of the API instead.

export type AlarmingAlarm = {
  readonly alarm_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly type: 'gnocchi_resources_threshold' | 'gnocchi_aggregation_by_metrics_threshold' | 'gnocchi_aggregation_by_resources_threshold' | 'event' | 'composite';
  readonly severity: 'low' | 'moderate' | 'critical';
  readonly project_id: string;
  readonly user_id: string;
  readonly timestamp: string | null;
  readonly state: 'ok' | 'alarm' | 'insufficient data';
  readonly state_reason: string | null;
  readonly state_timestamp: string | null;
  readonly ok_actions: readonly string[];
  readonly alarm_actions: readonly string[];
  readonly insufficient_data_actions: readonly string[];
  readonly repeat_actions: boolean;
  readonly time_constraints: readonly ({
    readonly name: string;
    readonly description?: string;
    readonly start: string;
    readonly duration: number | string;
    readonly timezone?: string;
  })[];
  readonly evaluate_timestamp: string | null;
  readonly gnocchi_resources_threshold_rule?: {
    readonly comparison_operator?: 'lt' | 'le' | 'eq' | 'ne' | 'ge' | 'gt';
    readonly threshold: number | string;
    readonly aggregation_method: string;
    readonly evaluation_periods?: number | string;
    readonly granularity?: number | string;
    readonly metric: string;
    readonly resource_id: string;
    readonly resource_type: string;
  };
  readonly gnocchi_aggregation_by_metrics_threshold_rule?: {
    readonly comparison_operator?: 'lt' | 'le' | 'eq' | 'ne' | 'ge' | 'gt';
    readonly threshold: number | string;
    readonly aggregation_method: string;
    readonly evaluation_periods?: number | string;
    readonly granularity?: number | string;
    readonly metrics: readonly string[];
  };
  readonly gnocchi_aggregation_by_resources_threshold_rule?: {
    readonly comparison_operator?: 'lt' | 'le' | 'eq' | 'ne' | 'ge' | 'gt';
    readonly threshold: number | string;
    readonly aggregation_method: string;
    readonly evaluation_periods?: number | string;
    readonly granularity?: number | string;
    readonly metric: string;
    readonly resource_type: string;
    readonly query: string;
  };
  readonly event_rule?: {
    readonly event_type?: string;
    readonly query?: readonly ({
      readonly field: string;
      readonly op?: 'lt' | 'le' | 'eq' | 'ne' | 'ge' | 'gt';
      readonly value: string;
      readonly type?: 'string' | 'integer' | 'float' | 'boolean' | '';
    })[];
  };
  readonly composite_rule?: {
  };
};

export type AlarmingAlarmChange = {
  readonly event_id: string;
  readonly alarm_id: string;
  readonly type: 'creation' | 'rule change' | 'state transition' | 'deletion';
  readonly detail: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly on_behalf_of: string;
  readonly timestamp: string | null;
};

export type Attempt = {
  readonly n: number;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly error: string | null;
};

export type BootedCard = {
  readonly port_id: string;
  readonly addresses: readonly string[];
  readonly plugged_at: string | null;
  readonly leased_at: string | null;
  readonly leased_address: string | null;
  readonly metadata_at: string | null;
};

export type ComputeHypervisor = {
  readonly id?: string | number;
  readonly hypervisor_hostname: string;
  readonly state: 'up' | 'down';
  readonly status: 'enabled' | 'disabled';
  readonly servers?: unknown;
  readonly hypervisor_type: string;
  readonly hypervisor_version?: number;
  readonly host_ip: string;
  readonly service?: unknown;
  readonly uptime?: string | null;
  readonly vcpus?: number | null;
  readonly vcpus_used?: number | null;
  readonly memory_mb?: number | null;
  readonly memory_mb_used?: number | null;
  readonly free_ram_mb?: number | null;
  readonly local_gb?: number | null;
  readonly local_gb_used?: number | null;
  readonly free_disk_gb?: number | null;
  readonly disk_available_least?: number | null;
  readonly running_vms?: number | null;
  readonly current_workload?: number | null;
  readonly cpu_info?: unknown;
};

export type FromStates = {
  readonly vm_state: readonly string[];
  readonly task_state: readonly (string | null)[];
};

export type InternalChaosRun = {
  readonly run: InternalChaosSummary;
  readonly disturbed: readonly InternalDisturbance[];
  readonly servers: readonly InternalChaosServer[];
  readonly samples: readonly InternalChaosSample[];
};

export type InternalChaosSample = {
  readonly at: number;
  readonly building: number;
};

export type InternalChaosServer = {
  readonly id: string;
  readonly at: number;
  readonly settled_at: number | null;
  readonly deleted_at: number | null;
  readonly gone_at: number | null;
  readonly status: string | null;
  readonly fault: string | null;
};

export type InternalChaosSummary = {
  readonly id: string;
  readonly began_at: string;
  readonly seed: number;
  readonly boots: number;
  readonly active: number;
  readonly error: number;
  readonly error_by_intent: number;
  readonly deleted_in_build: number;
  readonly stuck: number;
  readonly lost: number;
  readonly leaks: number;
  readonly disturbances: number;
  readonly longest_boot_ms: number;
  readonly recovery_ms: number | null;
};

export type InternalDisturbance = {
  readonly what: 'kill' | 'away' | 'pause' | 'restart';
  readonly target: string;
  readonly at: number;
  readonly ended_at: number;
};

export type InternalHealed = {
  readonly kind: string;
  readonly id: string;
  readonly why: string;
  readonly owner?: string;
  readonly machine?: string;
  readonly host?: string;
  readonly missing?: boolean;
  readonly done: string;
};

export type InternalOpenOperation = {
  readonly id: string;
  readonly kind: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly project_id: string;
  readonly request_id: string;
  readonly state: string;
  readonly requested_at: string;
  readonly why: string;
  readonly detail: string;
};

export type InternalOrphan = {
  readonly kind: string;
  readonly id: string;
  readonly why: string;
  readonly owner?: string;
  readonly machine?: string;
  readonly host?: string;
  readonly missing?: boolean;
};

export type InternalStepToFail = {
  readonly name: string;
  readonly title: string;
  readonly points: readonly string[];
};

export type MetricArchivePolicy = {
  readonly name: string;
  readonly back_window: number;
  readonly definition: readonly ({
    readonly timespan: string | null;
    readonly granularity: string;
    readonly points: number | null;
  })[];
  readonly aggregation_methods: readonly string[];
};

export type MetricMetric = {
  readonly creator: string | null;
  readonly created_by_user_id: string | null;
  readonly created_by_project_id: string | null;
  readonly id: string;
  readonly name: string | null;
  readonly unit: string | null;
  readonly resource_id?: string | null;
  readonly resource?: MetricResource | null;
  readonly archive_policy_name?: string;
  readonly archive_policy?: MetricArchivePolicy;
};

export type MetricResource = {
  readonly creator: string | null;
  readonly created_by_user_id: string | null;
  readonly created_by_project_id: string | null;
  readonly id: string;
  readonly type: string;
  readonly original_resource_id: string;
  readonly user_id: string | null;
  readonly project_id: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly revision_start: string;
  readonly revision_end: string | null;
  readonly metrics?: Readonly<Record<string, string>>;
};

export type MetricResourceType = {
  readonly name: string;
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
};

export type ObjectStoreContainer = {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
  readonly last_modified: string;
};

export type ObjectStoreObject = {
  readonly name: string;
  readonly hash: string;
  readonly bytes: number;
  readonly content_type: string;
  readonly last_modified: string;
};

export type Operation = {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly resource: {
    readonly type: string;
    readonly id: string;
    readonly name: string | null;
  };
  readonly state: 'requested' | 'held' | 'running' | 'cancelling' | 'undoing' | 'done' | 'failed' | 'undone';
  readonly project_id: string;
  readonly user_id: string;
  readonly request_id: string;
  readonly requested_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly error: string | null;
};

export type OperationStep = {
  readonly name: string;
  readonly title: string;
  readonly seed: string | null;
  readonly on: string;
  readonly service: string;
  readonly undo: string | null;
  readonly no_undo: string | null;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'undoing' | 'undone' | 'skipped';
  readonly branch: string | null;
  readonly host: string | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly result: string | null;
  readonly attempts: readonly Attempt[];
  readonly next_attempt_at: string | null;
};

export type RecordAction = {
  readonly name: string;
  readonly label: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly within: readonly string[];
  readonly item: boolean;
  readonly fields: readonly ResourceField[];
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly needs: {
    readonly field: string;
    readonly reason: string;
  } | null;
  readonly may: boolean;
};

export type Resource = {
  readonly service: string;
  readonly name: string;
  readonly many: string;
  readonly title: string;
  readonly path: string;
  readonly detailPath: string | null;
  readonly envelope: {
    readonly one: string | null;
    readonly many: string;
  };
  readonly key: string;
  readonly below: {
    readonly field: string;
    readonly parent: ResourceName | null;
  } | null;
  readonly pages: boolean;
  readonly tags: boolean;
  readonly revisions: boolean;
  readonly madeBy: readonly ('POST' | 'PUT')[];
  readonly updateMethod: 'PUT' | 'PATCH';
  readonly patchType: string | null;
  readonly microversion: string | null;
  readonly may: {
    readonly list: boolean;
    readonly get: boolean;
    readonly create: boolean;
    readonly update: boolean;
    readonly delete: boolean;
  };
  readonly fields: readonly ResourceField[];
  readonly actions: readonly RecordAction[];
};

export type ResourceField = {
  readonly name: string;
  readonly title: string;
  readonly type: 'text' | 'bool' | 'int' | 'number' | 'time' | 'list' | 'json';
  readonly nullable: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly schema?: unknown;
  readonly required: readonly ('post' | 'put')[];
  readonly write: readonly ('post' | 'put')[];
  readonly default?: unknown;
  readonly shown: readonly ('list' | 'get')[];
  readonly brief: boolean;
  readonly filter: boolean | 'admin';
  readonly sort: boolean | readonly string[];
  readonly refersTo?: ResourceName;
};

export type ResourceName = {
  readonly service: string;
  readonly name: string;
};

export type ServerAction = {
  readonly action: string;
  readonly label: string;
  readonly bodyKey: string | null;
  readonly body: unknown;
  readonly fields: readonly ResourceField[];
  readonly from: FromStates | null;
  readonly microversion: string | null;
  readonly may: boolean;
};

export type Session = {
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly domain: {
      readonly id: string;
      readonly name: string;
    };
  };
  readonly project: {
    readonly id: string;
    readonly name: string;
  } | null;
  readonly projects: readonly ({
    readonly id: string;
    readonly name: string;
  })[];
  readonly roles: readonly string[];
  readonly methods: readonly string[];
  readonly audit_ids: readonly string[];
  readonly operator_pages: readonly ('hosts' | 'health' | 'faults' | 'chaos')[];
  readonly expires_at: string;
};

export type VmState = {
  readonly status: string;
  readonly during?: Readonly<Record<string, string>>;
  readonly guest: string;
  readonly owns: string;
  readonly underWay?: true;
};

export type VolumeState = {
  readonly bytes: string;
  readonly underWay?: true;
  readonly attached?: true;
  readonly deletable?: true;
};

export interface Answers {
  readonly 'GET /dashboard/session': Session;
  readonly 'GET /dashboard/resources': {
    readonly resources: readonly Resource[];
  };
  readonly 'GET /dashboard/actions': {
    readonly server: readonly ServerAction[];
    readonly statuses: {
      readonly server: Readonly<Record<string, VmState>>;
      readonly volume: Readonly<Record<string, VolumeState>>;
    };
  };
  readonly 'GET /dashboard/operations': {
    readonly operations: readonly Operation[];
  };
  readonly 'GET /dashboard/operations/{id}': {
    readonly operation: Operation;
    readonly steps: readonly OperationStep[];
    readonly cards: readonly BootedCard[];
    readonly may_retry: boolean;
    readonly workflow_url: string | null;
  };
  readonly 'GET /internal/operations': {
    readonly operations: readonly InternalOpenOperation[];
  };
  readonly 'GET /internal/audit': {
    readonly started_at: string;
    readonly finished_at: string;
    readonly trigger: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly orphans: readonly InternalOrphan[];
    readonly healed: readonly InternalHealed[];
    readonly unreachable: readonly string[];
  };
  readonly 'GET /internal/faults': {
    readonly faults: readonly ({
      readonly step: string;
      readonly workflow?: string;
      readonly project?: string;
      readonly attempt?: number;
      readonly phase: 'before' | 'after' | 'at';
      readonly point?: string;
      readonly kind: 'error' | 'fatal' | 'delay' | 'hang' | 'crash' | 'twice' | 'disconnect';
      readonly times: number;
      readonly ms: number;
      readonly id: string;
      readonly hits: number;
    })[];
  };
  readonly 'GET /internal/faults/steps': {
    readonly steps: readonly InternalStepToFail[];
  };
  readonly 'GET /internal/chaos': {
    readonly runs: readonly InternalChaosSummary[];
  };
  readonly 'GET /internal/chaos/{id}': InternalChaosRun;
  readonly 'GET /alarming/v2/alarms': readonly AlarmingAlarm[];
  readonly 'GET /alarming/v2/alarms/{id}': AlarmingAlarm;
  readonly 'GET /alarming/v2/alarms/{id}/history': readonly AlarmingAlarmChange[];
  readonly 'GET /metric/v1/resource_type': readonly MetricResourceType[];
  readonly 'GET /metric/v1/resource/{type}': readonly (MetricResource | Readonly<Record<string, unknown>>)[];
  readonly 'GET /metric/v1/resource/{type}/{id}': MetricResource;
  readonly 'GET /metric/v1/resource/{type}/{id}/metric': readonly MetricMetric[];
  readonly 'GET /metric/v1/resource/{type}/{id}/metric/{name}/measures': readonly (readonly (string | number)[])[];
  readonly 'GET /compute/v2.1/os-hypervisors/detail': {
    readonly hypervisors: readonly ComputeHypervisor[];
    readonly hypervisors_links?: readonly ({
      readonly rel: string;
      readonly href: string;
    })[];
  };
  readonly 'GET /compute/v2.1/limits': {
    readonly limits: {
      readonly rate: readonly unknown[];
      readonly absolute: Readonly<Record<string, number>>;
    };
  };
  readonly 'GET /network/v2.0/quotas/{projectId}/details': {
    readonly quota: {
      readonly [name: string]: {
        readonly limit: number;
        readonly used: number;
        readonly reserved: number;
      };
    };
  };
  readonly 'GET /volume/v3/os-quota-sets/{projectId}': {
    readonly quota_set: {
      readonly id: string;
      readonly [name: string]: number | {
        readonly limit: number;
        readonly in_use: number;
        readonly reserved: number;
      } | string;
    };
  };
  readonly 'GET /object-store/v1/{account}': readonly ({
    readonly subdir: string;
  } | ObjectStoreContainer)[];
  readonly 'GET /object-store/v1/{account}/{container}': readonly ({
    readonly subdir: string;
  } | ObjectStoreObject)[];
}
