import type { VolumeRequest } from '../cinder/index.js';
import type { FlavorSpec } from './request-spec.js';

export interface NetworkRef {
  uuid?: string | undefined;
  port?: string | undefined;
  fixed_ip?: string | undefined;
}
export interface BlockDeviceInput {
  /** Nothing, or -1: the guest does not boot from it. */
  boot_index?: number | null | undefined;
  source_type: 'image' | 'volume' | 'snapshot' | 'blank';
  destination_type: 'local' | 'volume';
  uuid?: string | undefined;
  /** GiB */
  volume_size?: number | undefined;
  delete_on_termination?: boolean | undefined;
  disk_bus?: string | undefined;
  volume_type?: string | undefined;
  tag?: string | undefined;
}
/** A file to be put into the guest (personality, until 2.56). */
export interface InjectedFile {
  readonly path: string;
  /** Base 64. */
  readonly contents: string;
}
/** Hints for the scheduler that no filter of this cloud reads: they are kept with the request. */
export type SchedulerHints = Readonly<Record<string, unknown>>;

/** What a client asks for, with the body's shape checked and its microversion behind it. */
export interface CreateServerRequest {
  name: string;
  flavorRef: string;
  imageRef?: string | undefined;
  networks: NetworkRef[] | 'auto' | 'none' | undefined;
  blockDevices: BlockDeviceInput[];
  keyName?: string | undefined;
  userData?: string | undefined;
  files: InjectedFile[];
  metadata: Record<string, string>;
  minCount: number;
  maxCount: number;
  availabilityZone?: string | undefined;
  requestedHost?: string | undefined;
  schedulerHints: SchedulerHints;
  securityGroups: string[];
  configDrive: boolean;
  diskConfig: 'AUTO' | 'MANUAL';
  tags: string[];
  description?: string | null | undefined;
  hostname?: string | undefined;
  adminPass?: string | undefined;
  accessIPv4?: string | undefined;
  accessIPv6?: string | undefined;
  trustedCerts: string[];
}
/** A device of one server, with every id chosen. */
export interface PlannedDevice extends BlockDeviceInput {
  device: string;
  volume?: VolumeRequest;
}
/** All that the servers of one request have in common, checked against every service. */
export interface CreatePlan {
  flavorId: string;
  flavor: FlavorSpec;
  imageId: string | null;
  /** What the image says to Nova, as it was when the server was asked for. */
  imageProperties: Record<string, string>;
  localDisk: boolean;
  networks: (NetworkRef & { uuid: string })[];
  availabilityZone?: string;
  requestedHost?: string;
}

/** What a user may change of a server, by column. */
export interface ServerChange {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly hostname?: string | undefined;
  readonly access_ipv4?: string | undefined;
  readonly access_ipv6?: string | undefined;
  readonly disk_config?: string | undefined;
  /** Null lets it go to any zone with its next move; a name must be the zone that it is in. */
  readonly pinned_availability_zone?: string | null | undefined;
}
