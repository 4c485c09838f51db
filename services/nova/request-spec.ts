import type { DirectBoot } from './direct-boot.js';
import type { VolumeRequest } from '../cinder/index.js';
import type { PortRequest } from '../neutron/index.js';

export interface FlavorSpec {
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** GiB */
  readonly disk: number;
  readonly ephemeral: number;
  /** MiB */
  readonly swap: number;
  readonly extra_specs: Readonly<Record<string, string>>;
}

/**
 * What a boot needs to know, with every id already chosen: the input of BootServer. No secret is in it: user_data,
 * the password and the key are fetched by the host with its own credential.
 */
export interface BootRequest {
  readonly serverId: string;
  readonly name: string;
  /** The hypervisor's name for the guest. */
  readonly instanceName: string;
  readonly projectId: string;
  readonly userId: string;
  readonly auditId: string;
  /**
   * The generations of the token with which the boot was requested (activities/keystone/validate-token.ts). Absent in
   * boots that 0.3.0 accepted.
   */
  readonly tokenGenerations?: readonly [user: number, project: number];
  readonly flavor: FlavorSpec;
  /** The image that the local root disk is made of; null when the server boots from a volume. */
  readonly imageId: string | null;
  /** Absent where the root disk's own boot loader is run. */
  readonly direct?: DirectBoot;
  readonly ports: readonly PortRequest[];
  readonly volumes: readonly VolumeRequest[];
  readonly configDrive: boolean;
  readonly availabilityZone?: string;
  /** The host that an administrator asked for. */
  readonly requestedHost?: string;
  readonly buildTimeoutSeconds: number;
  readonly maxAttempts: number;
  /** Seconds that each step waits for its host's role to start it. */
  readonly hostPatienceSeconds: number;
  /**
   * An even number that is lower than all generations of this boot. Absent if nothing has worked on the server before.
   */
  readonly generation?: number;
}
