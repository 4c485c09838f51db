/** A volume as a hypervisor opens it. */
export interface VolumeFile {
  readonly path: string;
  readonly format: string;
}
/** A file with an image, as the volume is to be made of it. */
export interface SourceImage {
  readonly path: string;
  readonly format: string;
}

/** The volumes of one storage host. Every method may be called twice. */
export interface VolumeDriver {
  readonly type: 'file';
  /** Makes the volume, blank or a full copy of an image; one that is there is left as it is. */
  create(volumeId: string, sizeGb: number, source?: SourceImage): Promise<void>;
  /** @throws DriverError (input) when there is no such volume */
  connect(volumeId: string): Promise<VolumeFile>;
  /** No such volume is fine. */
  remove(volumeId: string): Promise<void>;
  list(): Promise<string[]>;
}
