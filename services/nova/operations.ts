import { eventsOf, operationKind, type OperationEvents } from '../kernel/operations.js';
import type { BootRequest } from './request-spec.js';

/** Boots a server: the input has every id already chosen. */
export const BOOT_SERVER = operationKind<BootRequest>({
  kind: 'bootServer',
  resource: 'server',
  action: 'create',
  events: eventsOf('compute.instance.create'),
});

/** Deletes a server, whatever it is doing. */
export interface DeleteRequest {
  readonly serverId: string;
}
export const DELETE_SERVER = operationKind<DeleteRequest>({
  kind: 'deleteServer',
  resource: 'server',
  action: 'delete',
  events: eventsOf('compute.instance.delete'),
});

/**
 * What Nova's notifications call an action, where that is not its name in os-instance-actions (nova/compute/manager.py,
 * nova/objects/fields.py: NotificationAction).
 */
const NOTIFIED_AS: Readonly<Record<string, string>> = {
  start: 'power_on',
  stop: 'power_off',
  attach_volume: 'volume.attach',
  detach_volume: 'volume.detach',
  attach_interface: 'interface_attach',
  detach_interface: 'interface_detach',
};

/** The notifications of a server action. */
export const actionEvents = (action: string): OperationEvents =>
  eventsOf(`compute.instance.${NOTIFIED_AS[action] ?? action}`);
/** The same of one that is done at once: it has no start and cannot fail. */
export const eventAtOnce = (action: string): OperationEvents => ['', `compute.instance.${action}`, ''];
