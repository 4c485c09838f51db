import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { GuestUser } from '../guest-user.js';

/**
 * Has the kernel refuse what the guests' QEMUs send to this host's own addresses: all of it leaves by the loopback
 * interface, whichever address was meant. The rule stays when the role ends, as guests do; it is of one user, as whom
 * nothing but guests runs.
 * @returns why it cannot be done; undefined when it was
 */
export async function guardHost(home: string, user: GuestUser | undefined): Promise<string | undefined> {
  if (user === undefined) return 'guests run as the user of this role, so no rule can tell them from it';
  const table = guardTable(home);
  // Declared, deleted and defined anew in one transaction: at no moment is there no rule.
  return nft(`
    table inet ${table}
    delete table inet ${table}
    table inet ${table} {
      chain output {
        type filter hook output priority 0; policy accept;
        oif lo meta skuid ${user.uid} reject
      }
    }`);
}

/** The name of the packet filter's table that guards the host from a cloud's guests. */
export const guardTable = (home: string): string =>
  `novaflow_guests_${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;

/** @returns what went wrong, in a line; undefined when nothing did */
async function nft(commands: string): Promise<string | undefined> {
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(commands);
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    return status === 0 ? undefined : `nft said: ${said.trim().split('\n')[0] ?? ''}`;
  } catch {
    return 'nftables is not installed';
  }
}
