import path from 'node:path';
import { checkedHost, checkedId } from '../names.js';

/** Where the parts of a guest are. */
export interface GuestPaths {
  readonly serverId: string;
  readonly host: string;
  /** The guest's folder, in which QEMU is started: it names its files from there. */
  readonly directory: string;
  readonly disk: string;
  /** The config drive, an ISO. */
  readonly configDrive: string;
  /** The files of the config drive of a guest that version 0.4.0 or earlier made. */
  readonly configFolder: string;
  /** The memory of a suspended guest. */
  readonly memory: string;
  readonly consoleLog: string;
  readonly pidFile: string;
  readonly domain: string;
  /** The only folder that QEMU may write in. */
  readonly run: string;
}

/** QEMU's sockets in the folder `run`: one takes orders, one answers what the guest does. */
export const SOCKET = 'qmp.sock';
export const STATUS_SOCKET = 'status.sock';
/** Where QEMU shows the guest's display, by RFB (VNC). */
export const DISPLAY_SOCKET = 'vnc.sock';
/** Where QEMU writes the guest's memory to, in the same folder. */
export const MEMORY_SOCKET = 'memory.sock';

/** @throws DriverError (input) for what is no id or no name: nothing else becomes a path */
export function pathsOf(root: string, guest: { serverId: string; host: string }): GuestPaths {
  const serverId = checkedId('server', guest.serverId);
  const host = checkedHost(guest.host);
  const directory = path.join(root, host, serverId);
  const inside = (name: string): string => path.join(directory, name);
  return {
    serverId,
    host,
    directory,
    disk: inside('disk.qcow2'),
    configDrive: inside('config-drive.iso'),
    configFolder: inside('config-drive'),
    memory: inside('memory'),
    consoleLog: inside('console.log'),
    pidFile: inside('qemu.pid'),
    domain: inside('domain.json'),
    run: inside('run'),
  };
}
