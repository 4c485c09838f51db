import { execFile } from 'node:child_process';
import { hasTool } from './tools.js';

/** It reads two files of /proc; a machine on which that takes longer has other worries. */
const PATIENCE_MS = 2_000;

/**
 * What `uptime` says on this machine: since when it is up, who is logged in and how much it has to do. Nova's libvirt
 * driver answers the same (nova/virt/libvirt/driver.py: get_host_uptime).
 * @returns undefined where there is no such program
 */
export async function uptime(): Promise<string | undefined> {
  if (!(await hasTool('uptime'))) return undefined;
  return new Promise((resolve, reject) =>
    execFile('uptime', { env: { ...process.env, LC_ALL: 'C' }, timeout: PATIENCE_MS }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    ),
  );
}
