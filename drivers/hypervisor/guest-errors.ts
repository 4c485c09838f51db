import { DriverError } from '../errors.js';
import type { GuestId } from './index.js';

/**
 * What is impossible because of the guest, and not of its host or of the request; in Nova's words (nova/exception.py).
 */
const refusal = (type: string, message: string): DriverError => new DriverError('guest', type, message);

export const notFound = ({ serverId }: GuestId): DriverError =>
  refusal('InstanceNotFound', `Instance ${serverId} could not be found.`);

export const notRunning = ({ serverId }: GuestId): DriverError =>
  refusal('InstanceNotRunning', `Instance ${serverId} is not running.`);

export const noCrashDump = (cause: unknown): DriverError =>
  new DriverError('guest', 'TriggerCrashDumpNotSupported', 'Triggering crash dump is not supported', cause);

/** Its memory was saved with the devices that it has: with others it could not be loaded. */
export const suspended = ({ serverId }: GuestId): DriverError =>
  refusal('InstanceSuspended', `Instance ${serverId} is suspended: its devices cannot be changed until it is resumed.`);

export const tooManyDisks = (slots: number): DriverError =>
  refusal(
    'TooManyDiskDevices',
    `The maximum allowed number of devices (${slots}) to attach to a single instance has been exceeded.`,
  );

export const diskKept = (volumeId: string, reason: string): DriverError =>
  refusal('DeviceDetachFailed', `Device detach failed for volume ${volumeId}: ${reason} It stays attached.`);

export const cardKept = ({ serverId }: GuestId, portId: string, reason: string): DriverError =>
  refusal(
    'InterfaceDetachFailed',
    `Failed to detach network adapter device ${portId} from ${serverId}: ${reason} It stays attached.`,
  );

export const notAttached = (volumeId: string, reason: string): DriverError =>
  refusal('VolumeAttachFailed', `Volume ${volumeId} could not be attached. Reason: ${reason}`);

export const cardNotAttached = ({ serverId }: GuestId, reason: string): DriverError =>
  refusal('InterfaceAttachFailed', `Failed to attach network adapter device to ${serverId}: ${reason}`);

export const notResumed = (reason: string): DriverError =>
  refusal('InstanceResumeFailure', `Failed to resume instance: ${reason}`);

export const notSuspended = (reason: string, cause: unknown): DriverError =>
  new DriverError('host', 'InstanceSuspendFailure', `Failed to suspend instance: ${reason}`, cause);
