import { eventsOf, newOperation, operationKind, type Asker, type NewOperation } from '../kernel/operations.js';

export interface CreateVolumeRequest {
  readonly volumeId: string;
  /** GiB */
  readonly sizeGb: number;
  readonly imageId?: string;
}
/** Makes a volume, blank or from an image. */
export const CREATE_VOLUME = operationKind<CreateVolumeRequest>({
  kind: 'createVolume',
  resource: 'volume',
  events: eventsOf('volume.create'),
});

export interface DeleteVolumeRequest {
  readonly volumeId: string;
  /** The volume role that has its bytes; absent for a volume that was never placed. */
  readonly volumeHost?: string;
}
export const DELETE_VOLUME = operationKind<DeleteVolumeRequest>({
  kind: 'deleteVolume',
  resource: 'volume',
  events: eventsOf('volume.delete'),
});

/** The record of the operation that deletes a volume. */
export const deletionOf = (
  volume: { readonly id: string; readonly name: string; readonly host: string | null },
  asker: Asker,
): NewOperation =>
  newOperation(
    DELETE_VOLUME,
    volume.id,
    { volumeId: volume.id, ...(volume.host === null ? {} : { volumeHost: volume.host }) },
    asker,
    { summary: `Delete volume ${volume.name || volume.id}`, details: `Requested by ${asker.requestId}` },
  );
