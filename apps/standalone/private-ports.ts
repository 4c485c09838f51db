import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * Ports of a process on loopback that only this user may connect to. Temporal's development server asks nobody who he
 * is: whoever reaches its ports may read every history and start, cancel or end any operation, and so may any other user
 * of the machine, and a guest that has broken out of QEMU. A rule of the kernel's packet filter in the way from a
 * process to the port keeps them out. That needs root and nftables; without them the ports stay open, and it is said.
 */
export class PrivatePorts {
  private readonly table: string;

  /** @param home the state directory: each cloud of a machine has a table of its own */
  constructor(home: string) {
    this.table = `novaflow_${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
  }

  /** Keeps all others from the ports that a process listens on now. @returns why it cannot; undefined when it did */
  guard(pid: number): string | undefined {
    if (process.getuid?.() !== 0) return 'it takes root to close them';
    const ports = listeningPorts(pid);
    if (ports.length === 0) return 'they were not found';
    // Who started the cloud by sudo looks at it with a browser of his own.
    const users = [0, ...(process.env['SUDO_UID'] === undefined ? [] : [Number(process.env['SUDO_UID'])])];
    // Declared, deleted and defined anew in one transaction: at no moment is there no rule.
    return nft(`
      table inet ${this.table}
      delete table inet ${this.table}
      table inet ${this.table} {
        chain output {
          type filter hook output priority 0; policy accept;
          oif lo tcp dport { ${ports.join(', ')} } meta skuid != { ${users.join(', ')} } reject with tcp reset
        }
      }`);
  }

  /** Takes the rules away; none is fine. */
  unguard(): void {
    if (process.getuid?.() === 0) nft(`table inet ${this.table}\ndelete table inet ${this.table}`);
  }
}

/** @returns what went wrong, in a line; undefined when nothing did */
function nft(commands: string): string | undefined {
  const { error, status, stderr } = spawnSync('nft', ['-f', '-'], { input: commands, encoding: 'utf8' });
  if (error) return 'nftables is not installed';
  return status === 0 ? undefined : `nft said: ${stderr.trim().split('\n')[0] ?? ''}`;
}

/** The state of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** TCP ports on which a process listens, IPv4 and IPv6, by the sockets that it has open. */
function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(path.join(`/proc/${pid}/fd`, fd)))?.[1] ?? [];
      } catch {
        // Closed since the directory was read.
        return [];
      }
    }),
  );
  const ports = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const [local = '', state, inode = ''] = [fields[1], fields[3], fields[9]];
        return state === LISTEN && sockets.has(inode) ? [Number.parseInt(local.split(':').at(-1) ?? '', 16)] : [];
      }),
  );
  return [...new Set(ports)].toSorted((a, b) => a - b);
}
