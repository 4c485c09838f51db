/**
 * The activities by the role that runs them: what a workflow may ask for. Workflows and hosts import these types and
 * none of the services'; activities/control and activities/host implement them.
 */
import type {
  BackendVolumes,
  CreateVolumeRequest,
  DeleteVolumeRequest,
  VolumeRequest,
  VolumeToConnect,
} from '#services/cinder/index';
import type { PortRequest, Vif } from '#services/neutron/index';
import type {
  BootRequest,
  DeleteRequest,
  Fault,
  FlavorSpec,
  GuestData,
  OnHost,
  Remains,
  ScheduleRequest,
  Selection,
} from '#services/nova/index';
import type { Verdict } from '#services/kernel/errors';
import type { StepRecord } from '#services/kernel/engine';
import type { OperationEnd } from '#services/kernel/operations';
import type { AuditReport, AuditRequest, Healed, HostInventory, Machines, Orphan } from '#services/audit/index';

export type {
  AuditReport,
  AuditRequest,
  BackendVolumes,
  BootRequest,
  CreateVolumeRequest,
  DeleteRequest,
  DeleteVolumeRequest,
  Fault,
  GuestData,
  Healed,
  HostInventory,
  Orphan,
  Remains,
  StepRecord,
  Verdict,
  Vif,
  VolumeToConnect,
};

/** What the step that ends an operation records of it. */
interface Ending {
  readonly operationId: string;
  readonly story: readonly StepRecord[];
}

/** Conductor role: may use the database, through services. */
export interface ControlActivities {
  validateToken(input: {
    serverId: string;
    auditId: string;
    userId: string;
    projectId: string;
    generations?: BootRequest['tokenGenerations'];
  }): Promise<void>;
  scheduleServer(input: ScheduleRequest): Promise<Selection>;
  releaseClaim(input: { serverId: string; generation: number }): Promise<void>;
  allocateNetwork(input: OnHost & { ports: readonly PortRequest[] }): Promise<readonly Vif[]>;
  releaseNetwork(input: { serverId: string; generation: number }): Promise<void>;
  requestVolume(
    input: OnHost & { volumes: readonly VolumeRequest[] },
  ): Promise<{ backends: readonly BackendVolumes[] }>;
  releaseVolume(input: { serverId: string; generation: number; volumes: readonly VolumeRequest[] }): Promise<void>;
  activateServer(input: OnHost & Ending): Promise<void>;
  /** Closes a boot before it is undone. @returns `active` when it had succeeded after all, and must not be undone */
  closeBoot(input: { serverId: string; operationId: string }): Promise<'closed' | 'active'>;
  /** Puts the server into ERROR. @param input.end how the operation ends; absent while something is still being undone */
  failServer(input: { serverId: string; fault: Fault; end?: OperationEnd } & Ending): Promise<void>;

  /** Stops what works on the server, and says what is left to delete. @throws NotEnded until that is undone */
  prepareDelete(input: { serverId: string; operationId: string }): Promise<Remains>;
  finishDelete(input: { serverId: string; removedVolumes: readonly string[] } & Ending): Promise<void>;

  placeVolume(input: { volumeId: string }): Promise<{ volumeHost: string }>;
  finishVolume(input: { volumeId: string } & Ending): Promise<void>;
  /** The creation has failed. @returns the volume's status: `available` when it had succeeded after all */
  failVolume(input: { volumeId: string }): Promise<string>;
  removeVolume(input: { volumeId: string } & Ending): Promise<void>;

  /** Records the end of an operation whose last step did not. */
  endOperation(input: { end: OperationEnd; message: string } & Ending): Promise<void>;

  /** The machines whose roles an audit asks, and those that have not reported in for long. */
  listMachines(): Promise<Machines & { down?: Machines }>;
  findOrphans(input: { hosts: readonly HostInventory[]; minAgeSeconds: number }): Promise<readonly Orphan[]>;
  /**
   * Looks at the records once more before a host is told to remove something, and keeps every step of a boot of its
   * owner from taking effect from here on. @returns false when it has an owner after all
   */
  clearForRepair(input: { orphan: Orphan }): Promise<boolean>;
  /** Repairs an orphaned record, if it still is one. @returns what was done, or null */
  healRecord(input: { orphan: Orphan }): Promise<string | null>;
  recordAudit(input: AuditReport & { startedAt: string; trigger: string }): Promise<void>;

  /** Removes some of what was deleted long ago. */
  purgeDeleted(): Promise<{ removed: number; more: boolean }>;
}

/** A server on a host, for the compute role of the machine that serves it. */
export interface OnMachine {
  readonly serverId: string;
  readonly host: string;
  readonly machine: string;
}
/** The image as the host has it. */
export interface CachedImage {
  readonly path: string;
  readonly format: string;
  /** Bytes of the disk that it holds. */
  readonly virtualSize: number;
}
/** A volume as a hypervisor opens it. */
export interface ConnectedVolume {
  readonly volumeId: string;
  readonly path: string;
  readonly format: string;
  readonly bootIndex: number | null;
  readonly device: string;
}
export interface SpawnInput extends OnMachine {
  readonly instanceName: string;
  readonly flavor: FlavorSpec;
  readonly image: CachedImage | null;
  readonly vifs: readonly Vif[];
  readonly volumes: readonly ConnectedVolume[];
  /** The host fetches what goes into it with its own credential. */
  readonly configDrive: boolean;
}

/** Compute role, on the queue nova-compute.<machine>: no database. */
export interface ComputeActivities {
  fetchImage(input: { imageId: string; host: string; machine: string }): Promise<CachedImage>;
  /** Plugs the guest's cards, as nova-compute does by os-vif, and starts it. */
  spawnServer(input: SpawnInput): Promise<{ accelerator: string }>;
  /** Destroys the guest, and unplugs its cards. */
  destroyGuest(input: OnMachine & { vifs: readonly Vif[] }): Promise<void>;
  /** For cards without a server: those of a server go with its guest. */
  unplugNetwork(input: OnMachine & { vifs: readonly Vif[] }): Promise<void>;
  inspectCompute(input: { machine: string }): Promise<HostInventory>;
}

/** Network role, on the queue neutron-agent.<machine>. */
export interface NetworkActivities {
  inspectNetwork(input: { machine: string }): Promise<HostInventory>;
}

/** Volume role, on the queue cinder-volume.<host>. */
export interface VolumeActivities {
  connectVolume(input: {
    serverId?: string;
    volumeHost: string;
    volumes: readonly VolumeToConnect[];
  }): Promise<readonly ConnectedVolume[]>;
  /** Disconnects; the bytes of a volume that the operation itself created go with it. */
  disconnectVolume(input: { volumeHost: string; volumes: readonly VolumeToConnect[] }): Promise<void>;
  inspectVolumes(input: { machine: string }): Promise<HostInventory>;
}

export type Activities = ControlActivities & ComputeActivities & NetworkActivities & VolumeActivities;
