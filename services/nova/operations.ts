import { operationKind } from '../kernel/operations.js';
import type { BootRequest } from './request-spec.js';

/** Boots a server: the input has every id already chosen. */
export const BOOT_SERVER = operationKind<BootRequest>({ kind: 'bootServer', resource: 'server', action: 'create' });

/** Deletes a server, whatever it is doing. */
export interface DeleteRequest {
  readonly serverId: string;
}
export const DELETE_SERVER = operationKind<DeleteRequest>({
  kind: 'deleteServer',
  resource: 'server',
  action: 'delete',
});
