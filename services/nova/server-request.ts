import type { VolumeRequest } from '../cinder/index.js';
import type { DirectBoot } from './direct-boot.js';
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
/** Hints for the scheduler. No filter of this cloud reads them; they are only kept with the request. */
export type SchedulerHints = Readonly<Record<string, unknown>>;

/** What a client asks for, after its body was checked, in one form for all microversions. */
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
/** What all servers of one request have in common. Every service has checked its part. */
export interface CreatePlan {
  flavorId: string;
  flavor: FlavorSpec;
  imageId: string | null;
  /** The image's properties for Nova, at the time of the request. */
  imageProperties: Record<string, string>;
  /** The kernel and ramdisk that the image names. */
  direct?: DirectBoot;
  localDisk: boolean;
  networks: (NetworkRef & { uuid: string })[];
  /** Ids of the security groups of ports that the boot makes; the project's default one when left out. */
  securityGroups?: readonly string[];
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
  /** Null removes the pin, so that a move may go to any zone. A name must be that of the zone that the server is in. */
  readonly pinned_availability_zone?: string | null | undefined;
}
