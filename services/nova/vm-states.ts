import { Prisma } from '../kernel/database.js';

/** What each vm_state means for a server: the only place that defines it, for views, filters, audits and metrics. */
export interface VmStateFacts {
  /** Nova's status (nova/api/openstack/common.py). */
  readonly status: string;
  /** The status during a task_state, where it is another one. */
  readonly during?: Readonly<Record<string, string>>;
  /** The state of its guest when no operation works on it: `none` where it has no guest. */
  readonly guest: 'none' | 'running' | 'paused' | 'suspended' | 'off' | 'unknown';
  /**
   * Whether it owns a claim, ports, volumes and a guest on its host: always, as long as it has a host (a server whose boot
   * failed has none), or never.
   */
  readonly owns: 'always' | 'where it is placed' | 'nothing';
  /** Whether an operation is working on it even if task_state is null. */
  readonly underWay?: true;
}

const REBOOTS = {
  rebooting: 'REBOOT',
  reboot_pending: 'REBOOT',
  reboot_started: 'REBOOT',
  rebooting_hard: 'HARD_REBOOT',
  reboot_pending_hard: 'HARD_REBOOT',
  reboot_started_hard: 'HARD_REBOOT',
} as const;
const HARD_REBOOTS = {
  rebooting_hard: 'HARD_REBOOT',
  reboot_pending_hard: 'HARD_REBOOT',
  reboot_started_hard: 'HARD_REBOOT',
} as const;

const VM_STATES = {
  building: { status: 'BUILD', guest: 'none', owns: 'always', underWay: true },
  active: { status: 'ACTIVE', during: REBOOTS, guest: 'running', owns: 'always' },
  paused: { status: 'PAUSED', during: HARD_REBOOTS, guest: 'paused', owns: 'always' },
  suspended: { status: 'SUSPENDED', during: HARD_REBOOTS, guest: 'suspended', owns: 'always' },
  stopped: { status: 'SHUTOFF', during: HARD_REBOOTS, guest: 'off', owns: 'always' },
  error: { status: 'ERROR', during: HARD_REBOOTS, guest: 'unknown', owns: 'where it is placed' },
  deleted: { status: 'DELETED', guest: 'none', owns: 'nothing' },
} as const satisfies Record<string, VmStateFacts>;

export type VmState = keyof typeof VM_STATES;

/** The table as data, by vm_state. */
export const VM_STATE_FACTS: Readonly<Record<string, VmStateFacts>> = VM_STATES;
const FACTS = VM_STATE_FACTS;

/** Nova's status of a server. */
export const statusOf = ({ vm_state, task_state }: { vm_state: string; task_state: string | null }): string => {
  const facts = FACTS[vm_state];
  return facts?.during?.[task_state ?? ''] ?? facts?.status ?? 'UNKNOWN';
};

/** The vm_states and task_states that are shown as a status, for Nova's filter. Undefined for an unknown status. */
export function statesOf(status: string): { vm_state: string[]; task_state?: string[] } | undefined {
  const vm_state = statesThat((facts) => facts.status === status);
  if (vm_state.length > 0) return { vm_state };
  const found = Object.entries(FACTS).flatMap(([state, { during = {} }]) =>
    Object.entries(during).flatMap(([task, shown]) => (shown === status ? [{ state, task }] : [])),
  );
  if (found.length === 0) return undefined;
  return { vm_state: unique(found.map((f) => f.state)), task_state: unique(found.map((f) => f.task)) };
}
const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

interface Placed {
  readonly vm_state: string;
  readonly task_state: string | null;
  readonly host: string | null;
}

/**
 * Whether a server that is not deleted owns the claim, ports, volumes and guest that have its id. Until a delete is
 * done, the server owns them all.
 */
export const ownsThings = ({ vm_state, task_state, host }: Placed): boolean => {
  const owns = FACTS[vm_state]?.owns ?? 'nothing';
  return task_state === 'deleting' || owns === 'always' || (owns === 'where it is placed' && host !== null);
};

/** Whether no operation works on a server: then everything that its state promises must exist. */
export const isAtRest = ({ vm_state, task_state }: Pick<Placed, 'vm_state' | 'task_state'>): boolean =>
  task_state === null && FACTS[vm_state]?.underWay !== true;

const statesThat = (which: (facts: VmStateFacts) => boolean): string[] =>
  Object.entries(FACTS).flatMap(([state, facts]) => (which(facts) ? [state] : []));

/** The states in which the host must have the guest. */
export const STATES_WITH_GUEST: readonly string[] = statesThat(({ guest }) => guest !== 'none' && guest !== 'unknown');
/** Those of them in which the guest is a process. In the others it is only its disk and its definition. */
export const STATES_WITH_PROCESS: readonly string[] = statesThat(
  ({ guest }) => guest === 'running' || guest === 'paused',
);
/** The states in which an operation is always working on the server. */
export const STATES_UNDER_WAY: readonly string[] = statesThat(({ underWay }) => underWay === true);

/** The same as ownsThings, as a condition on rows of nova.servers. */
export const OWNS_THINGS = Prisma.sql`(task_state = 'deleting' OR vm_state = ANY(${statesThat((f) => f.owns === 'always')})
  OR vm_state = ANY(${statesThat((f) => f.owns === 'where it is placed')}) AND host IS NOT NULL)`;
