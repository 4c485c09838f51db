import path from 'node:path';
import { checkedHost, checkedId } from '../names.js';

/** Where the parts of a guest are. */
export interface GuestPaths {
  readonly serverId: string;
  readonly host: string;
  /** The guest's folder, in which QEMU is started: it names its files from there. */
  readonly directory: string;
  readonly disk: string;
  readonly configDrive: string;
  readonly consoleLog: string;
  readonly pidFile: string;
  readonly domain: string;
  /** The only folder that QEMU may write in. */
  readonly run: string;
}

/** QEMU's socket in the folder `run`. */
export const SOCKET = 'qmp.sock';

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
    configDrive: inside('config-drive'),
    consoleLog: inside('console.log'),
    pidFile: inside('qemu.pid'),
    domain: inside('domain.json'),
    run: inside('run'),
  };
}
