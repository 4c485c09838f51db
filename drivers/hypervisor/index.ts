import type { Duplex } from 'node:stream';
import type { CardCounters } from '../network/index.js';

/** A guest of one of this machine's hosts: a machine plays several hosts where hypervisors are simulated. */
export interface GuestId {
  readonly serverId: string;
  readonly host: string;
}
/** Nova's power states (nova/compute/power_state.py), as OS-EXT-STS:power_state shows them. */
export const POWER_STATE = { NOSTATE: 0, RUNNING: 1, PAUSED: 3, SHUTDOWN: 4, SUSPENDED: 7 } as const;
export type PowerState = (typeof POWER_STATE)[keyof typeof POWER_STATE];

/** A network card of a guest. */
export interface GuestNic {
  /** The port's id. */
  readonly id: string;
  readonly mac: string;
}
/** A volume that becomes a disk of a guest: a file that exists. */
export interface GuestDisk {
  readonly volumeId: string;
  readonly path: string;
  readonly format: string;
  /** The name that Nova gave it (/dev/vdb). A guest names its disks as it likes; it finds this one by its serial number. */
  readonly device: string;
}
/** A disk that the guest has from the beginning, with its place in the boot order. */
export interface BootDisk extends GuestDisk {
  readonly bootIndex: number | null;
}
/** A kernel that is loaded without a boot loader, in files of this host, and what it is told (Linux's command line). */
export interface DirectBoot {
  readonly kernel: string;
  readonly ramdisk?: string;
  readonly commandLine: string;
}
/** A guest to run. */
export interface GuestSpec extends GuestId {
  /** instance-%08x */
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** The image under the local root disk and the disk's size in bytes; absent when a volume is booted. */
  readonly root?: { readonly image: string; readonly format: string; readonly size: number };
  /** Absent where a disk's own boot loader is run. */
  readonly direct?: DirectBoot;
  readonly disks: readonly BootDisk[];
  readonly nics: readonly GuestNic[];
  /** Files of the config drive by path, written where only the hypervisor reads them. */
  readonly configDrive?: Readonly<Record<string, string | Uint8Array>>;
}
/** What a driver has of a guest, for audits. */
export interface GuestTrace extends GuestId {
  readonly kind: 'guest' | 'disk';
  readonly id: string;
}
/** The volumes and ports whose disks and cards a guest has, for audits. */
export interface PluggedDevices extends GuestId {
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
}
/** What was counted of a disk since the guest's process began, and its sizes where QEMU says them. */
export interface DiskSample {
  /** vda */
  readonly device: string;
  readonly readBytes: number;
  readonly readRequests: number;
  readonly writeBytes: number;
  readonly writeRequests: number;
  /** What the guest sees. */
  readonly capacityBytes?: number;
  /** What its file takes on the host. */
  readonly allocatedBytes?: number;
}
/** What was measured of a guest. */
export interface GuestSample extends GuestId {
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  readonly powerState: PowerState;
  /** Of the guest's process, where it has one: its processors' time since it began, and the memory that it takes on the host. */
  readonly process?: { readonly cpuNs: number; readonly residentBytes: number };
  readonly disks: readonly DiskSample[];
  readonly cards: readonly CardCounters[];
}
export interface HypervisorFacts {
  readonly type: 'qemu' | 'fake';
  readonly version: string;
  readonly accelerator: string;
}

/**
 * A hypervisor of one machine. Every method may be called twice: what is done already is left as it is, and what an
 * earlier call left half done, because its process was killed, is finished. Calls for one guest are taken one by one.
 *
 * What is kept of a guest (its machine, disks, cards, and whether it is to run) outlives the role and the machine. Errors
 * are DriverErrors: `guest` when this guest refuses or is not in a state for it, `host` when this host cannot, `input` when
 * nobody can. Where there is no such guest, what ends or removes something is done, and all else throws InstanceNotFound.
 */
export interface Hypervisor {
  facts(): Promise<HypervisorFacts>;
  /** Runs the guest; one that is there already and runs is left as it is. `beat` is called while it waits. */
  spawn(spec: GuestSpec, beat: () => void, signal: AbortSignal): Promise<void>;
  /** Stops the guest and removes all that it has here. No such guest is fine. */
  destroy(guest: GuestId, beat: () => void): Promise<void>;

  /** @returns what the guest does now; 0 (NOSTATE) when there is none. Does not wait for other calls. */
  powerState(guest: GuestId): Promise<PowerState>;
  /**
   * Presses the power button, and switches the guest off when it still runs after the grace; 0 switches it off at once, and
   * so is a paused guest, which cannot react. The saved memory of a suspended guest is removed. No such guest is fine.
   */
  powerOff(guest: GuestId, graceSeconds: number): Promise<void>;
  /**
   * Starts the guest with the disks and cards that it has now. One that runs or is paused is left as it is; a suspended one
   * is resumed, as libvirt does.
   */
  powerOn(guest: GuestId): Promise<void>;
  /**
   * Starts the guest anew, whatever it does now; memory saved by suspend is lost. SOFT presses the power button first and
   * falls to HARD after the grace, as Nova does; HARD does not ask the guest. Called twice, it reboots twice.
   */
  reboot(guest: GuestId, type: 'SOFT' | 'HARD', graceSeconds: number): Promise<void>;
  /** Stops the guest's processors. @throws InstanceNotRunning when it is off or suspended */
  pause(guest: GuestId): Promise<void>;
  /** @throws InstanceNotRunning when it is off or suspended */
  unpause(guest: GuestId): Promise<void>;
  /** Writes the guest's memory to a file of its folder and ends its process. @throws InstanceNotRunning when it is off */
  suspend(guest: GuestId): Promise<void>;
  /** Runs the guest from its saved memory; a paused guest runs on. @throws InstanceNotRunning when it is off */
  resume(guest: GuestId): Promise<void>;
  /**
   * Sends the guest an NMI, which its kernel may be set up to take for the order to dump its memory. A paused guest gets it when
   * it runs on. Called twice, it sends two.
   * @throws InstanceNotRunning when it is off or suspended, TriggerCrashDumpNotSupported when its machine has no NMI
   */
  injectNmi(guest: GuestId): Promise<void>;
  /**
   * Gives the guest a disk, whose serial number is the first 20 characters of the volume's id, as Nova's. It is there at
   * once in a guest that runs or is paused, and at the next start in one that is off.
   * @throws TooManyDiskDevices, InstanceSuspended
   */
  attachDisk(guest: GuestId, disk: GuestDisk): Promise<void>;
  /**
   * Takes the disk away. No such disk is fine.
   * @throws DeviceDetachFailed (guest) when the guest does not let go of it within 20 s (Nova's device_detach_timeout): it
   *   keeps the disk, and may be asked again
   */
  detachDisk(guest: GuestId, volumeId: string): Promise<void>;
  /** Gives the guest a card, as attachDisk gives it a disk. @throws InterfaceAttachFailed, InstanceSuspended */
  attachCard(guest: GuestId, card: GuestNic): Promise<void>;
  /** Takes the card away, as detachDisk takes a disk. @throws InterfaceDetachFailed (guest) */
  detachCard(guest: GuestId, portId: string): Promise<void>;

  /** The guest's display, by RFB. @throws ENOENT or ECONNREFUSED where the guest shows none: it is off, or not real */
  display(guest: GuestId): Promise<Duplex>;
  /** The end of the console: at most `lines` lines and 100 KiB. */
  console(guest: GuestId, lines?: number): Promise<string>;
  list(): Promise<GuestTrace[]>;
  /**
   * What disks and cards each guest has: those that are plugged in where it runs, else those that it gets when it starts.
   * A guest that does not say it now is left out. Does not wait for other calls.
   */
  devices(): Promise<PluggedDevices[]>;
  /**
   * Measures each guest; one that does not answer is left out. Nothing where guests are not real, since what nothing uses
   * cannot be measured. Does not wait for other calls.
   */
  samples(): Promise<GuestSample[]>;
  /** Paths of the images that some guest's disk stands on. */
  imagesInUse(): Promise<ReadonlySet<string>>;
  /** Cuts the consoles that guests made too long: to be called every few seconds. */
  trimConsoles(): Promise<void>;
  /** Runs the guests again that ran when the machine was stopped. @returns those that cannot be started, and why */
  startWithMachine(): Promise<readonly { serverId: string; error: unknown }[]>;
  /** Stops every guest so that `startWithMachine` can run it again: the machine goes down. */
  stopWithMachine(): Promise<void>;
}
