/** A thing that a host has, and the server or volume that it says it belongs to. */
export interface HostItem {
  readonly kind: 'guest' | 'disk' | 'vif' | 'volume bytes';
  readonly id: string;
  readonly owner: string;
  /** The compute host, for what belongs to a server. */
  readonly host?: string;
}
/** The volumes and ports that a guest has devices of. */
export interface DevicesOnHost {
  /** Its server. */
  readonly owner: string;
  readonly host: string;
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
}
/** What a machine's networks are made of. Its role makes and clears it away by itself: an audit names what is left. */
export const NETWORK_CLASSES = ['namespace', 'tap', 'tunnel', 'dnsmasq', 'packet filter', 'network file'] as const;
export interface NetworkPart {
  readonly kind: (typeof NETWORK_CLASSES)[number];
  /** Its name on the machine. */
  readonly id: string;
  /** The network or router that it is of; '' where that cannot be told. */
  readonly owner: string;
}
export interface HostInventory {
  readonly machine: string;
  readonly role: 'compute' | 'network' | 'volume';
  readonly items: readonly HostItem[];
  /** Of the guests that could tell them. A role of an older version says nothing. */
  readonly devices?: readonly DevicesOnHost[];
  /** Of a network role whose driver makes such things. */
  readonly parts?: readonly NetworkPart[];
}

/** Every resource class that an audit looks at. */
export const CLASSES = [
  'server',
  'claim',
  'port',
  'address',
  'volume',
  'attachment',
  'guest',
  'guest volume',
  'guest card',
  'disk',
  'vif',
  ...NETWORK_CLASSES,
  'volume bytes',
  'operation',
  'workflow',
  'image',
  'image bytes',
  'object bytes',
] as const;

/** What a guest has of a volume or of a port. */
export type DeviceKind = 'guest volume' | 'guest card';

/** Something that nobody owns any more, or that its owner misses. */
export interface Orphan {
  readonly kind: (typeof CLASSES)[number];
  readonly id: string;
  readonly why: string;
  /** The server or volume that it belongs or belonged to. */
  readonly owner?: string;
  /** Where it is, for what a host has. */
  readonly machine?: string;
  readonly host?: string;
  /** True when something is missing: it can be named, but not taken away. */
  readonly missing?: boolean;
}
/** How many there are of each class, the empty ones included. */
export function countByClass(orphans: readonly Orphan[]): Record<Orphan['kind'], number> {
  const counts = Object.fromEntries(CLASSES.map((kind) => [kind, 0])) as Record<Orphan['kind'], number>;
  for (const { kind } of orphans) counts[kind]++;
  return counts;
}

export interface Healed extends Orphan {
  /** What was done about it. */
  readonly done: string;
}
export interface AuditRequest {
  /** Repair what can be shown to be orphaned. */
  readonly heal?: boolean;
  /** What changed less than this many seconds ago is not looked at: operations under way own what they own. */
  readonly minAgeSeconds?: number;
  readonly trigger?: 'schedule' | 'request';
}
export interface AuditReport {
  /** What is orphaned now: after healing, if that was asked for. */
  readonly orphans: readonly Orphan[];
  readonly healed: readonly Healed[];
  /** Task queues of hosts that did not answer; what they have was not looked at. */
  readonly unreachable: readonly string[];
}
/** Machines by the role that they have. */
export interface Machines {
  readonly compute: readonly string[];
  readonly volume: readonly string[];
  readonly network: readonly string[];
}
