/** A network card of a guest. */
export interface GuestNic {
  readonly id: string;
  readonly mac: string;
  /** The tap that the network driver made, or undefined where it makes none. */
  readonly tap?: string;
}
/** A disk of a guest: a file that exists. */
export interface GuestDisk {
  readonly path: string;
  readonly format: string;
  readonly bootIndex: number | null;
}
/** A guest to run. */
export interface GuestSpec {
  readonly serverId: string;
  readonly host: string;
  /** instance-%08x */
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** The image under the local root disk and the disk's size in bytes; absent when a volume is booted. */
  readonly root?: { readonly image: string; readonly format: string; readonly size: number };
  readonly disks: readonly GuestDisk[];
  readonly nics: readonly GuestNic[];
  /** Files of the config drive by path, written where only the hypervisor reads them. */
  readonly configDrive?: Readonly<Record<string, string | Uint8Array>>;
}
/** What a driver has of a guest, for audits. */
export interface GuestTrace {
  readonly kind: 'guest' | 'disk';
  readonly id: string;
  readonly serverId: string;
  readonly host: string;
}
export interface HypervisorFacts {
  readonly type: 'qemu' | 'fake';
  readonly version: string;
  readonly accelerator: string;
}

/** A hypervisor of one machine. Every method may be called twice; calls for one guest are taken one by one. */
export interface Hypervisor {
  facts(): Promise<HypervisorFacts>;
  /** Runs the guest; one that runs already is left as it is. `beat` is called while it waits. */
  spawn(spec: GuestSpec, beat: () => void, signal: AbortSignal): Promise<void>;
  /** Stops the guest and removes all that it has here. No such guest is fine. */
  destroy(guest: { serverId: string; host: string }, beat: () => void): Promise<void>;
  /** The end of the console: at most `lines` lines and 100 KiB. */
  console(guest: { serverId: string; host: string }, lines?: number): Promise<string>;
  list(): Promise<GuestTrace[]>;
  /** Paths of the images that some guest's disk stands on. */
  imagesInUse(): Promise<ReadonlySet<string>>;
  /** Cuts the consoles that guests made too long: to be called every few seconds. */
  trimConsoles(): Promise<void>;
  /** Runs the guests again that ran when the machine was stopped. @returns those that cannot be started, and why */
  resume(): Promise<readonly { serverId: string; error: unknown }[]>;
  /** Stops every guest so that `resume` can run it again: the machine goes down. */
  suspendAll(): Promise<void>;
}
