import { renameSync, writeFileSync } from 'node:fs';
import { access, chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ROOT, type Config } from '#config';
import type { Passwords } from './seed-data.js';
import { choosePorts, isFree } from './ports.js';
import { embeddedPostgres, ensureDatabase, type EmbeddedPostgres } from './postgres.js';
import { PrivatePorts } from './private-ports.js';
import { ensureMachineCredentials, ensureSecrets } from './secrets.js';
import { RunFile, Supervisor, type ProcessSpec } from './supervisor.js';
import { getTemporal } from './get-temporal.js';
import { temporalDatabase, temporalServer } from './temporal.js';

/** What the build makes of each program (cli/bundle-programs.ts). */
const PROGRAMS = path.join(ROOT, 'dist/programs');

/** Where a running cloud is: what `ready.json` says. */
export interface Ready {
  readonly authUrl: string;
  readonly dashboardUrl: string;
  readonly temporalUi: string;
  /** Of each process: `api`, `conductor`, `host`. */
  readonly metricsUrls: Readonly<Record<string, string>>;
  readonly pids: Record<string, number>;
}
export interface CloudOptions {
  readonly config: Config;
  /** Environment of the processes: the settings that were given to this one. */
  readonly env: NodeJS.ProcessEnv;
  /** A phase of the start that takes its time. */
  phase<T>(title: string, work: (tell: (line: string) => void) => Promise<T>): Promise<T>;
  tell(line: string): void;
  /** Settings of the embedded PostgreSQL beyond the usual ones. */
  readonly postgres?: Readonly<Record<string, string>>;
}

/**
 * V8 and malloc are tuned for one big process with a machine of its own; here are five small ones. One malloc arena
 * keeps each 20 MiB smaller. The host roles, which wait most of the time, also trade the collector's speed for size.
 */
const CONTROL_FLAGS = ['--max-semi-space-size=16', '--max-old-space-size=512'];
const HOST_FLAGS = [
  '--max-semi-space-size=1',
  '--single-threaded-gc',
  '--optimize-for-size',
  '--max-lazy',
  '--max-old-space-size=256',
];
const LEAN_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' };
/** The roles of this machine as a host. They share a process, which is 190 MB less than one for each. */
const HOST_ROLES = ['compute', 'volume', 'network'] as const;
const HOST = 'host';
const isHostRole = (name: string): boolean => (HOST_ROLES as readonly string[]).includes(name);

/** A whole cloud on one machine. */
export class Cloud {
  readonly home: string;
  private readonly runFile: RunFile;
  private readonly supervisor: Supervisor;
  private readonly temporalPorts: PrivatePorts;
  private toldOfPorts = false;
  /** Where Temporal is, once the cloud is up. */
  temporalAddress = '';
  /** The control plane's database, once the cloud is up. */
  databaseUrl = '';
  private temporalUi = '';
  private metricsUrls: Ready['metricsUrls'] = {};
  private up = false;
  private stopped: Promise<void> | undefined;

  constructor(private readonly options: CloudOptions) {
    this.home = options.config.home;
    this.runFile = new RunFile(this.home);
    this.temporalPorts = new PrivatePorts(this.home);
    this.supervisor = new Supervisor(
      this.home,
      (pids) => void this.record(pids),
      (line) => options.tell(line),
    );
  }

  async start(): Promise<{ ready: Ready; passwords: Passwords }> {
    const { config } = this.options;
    const phase: CloudOptions['phase'] = (title, work) => this.options.phase(title, work);
    await this.makeHome();
    const left = await this.runFile.takeOver();
    await rm(path.join(this.home, 'ready.json'), { force: true });
    if (left > 0) this.options.tell(`stopped ${left} processes that an earlier start left running`);
    if (!(await isFree(config.cloud.port)))
      throw new Error(`Port ${config.cloud.port} is in use. Set NOVAFLOW_PORT to a free one.`);
    const ports = await choosePorts(this.home);
    const secrets = await ensureSecrets(config.secrets);
    const credentials = await ensureMachineCredentials(config.secrets, config.cloud.host);
    const postgres = config.database.connection
      ? undefined
      : embeddedPostgres(this.home, ports.postgres, secrets.databasePassword, this.options.postgres);
    this.databaseUrl = postgres?.url ?? config.database.connection;
    this.temporalAddress = process.env['TEMPORAL_ADDRESS'] ?? `127.0.0.1:${ports.temporal}`;
    this.temporalUi = process.env['TEMPORAL_ADDRESS'] === undefined ? `http://127.0.0.1:${ports.temporalUi}` : '';
    const metricsPorts = { api: ports.metrics, conductor: ports.conductorMetrics, [HOST]: ports.hostMetrics };
    this.metricsUrls = mapValues(metricsPorts, (port) => `http://${config.cloud.bind}:${port}/metrics`);
    const measured = mapValues(metricsPorts, (port) => ({ NOVAFLOW_METRICS_PORT: String(port) }));
    const common = {
      ...this.options.env,
      ...LEAN_ENV,
      NOVAFLOW_HOME: this.home,
      NOVAFLOW_SECRETS: config.secrets,
      NOVAFLOW_PORT: String(config.cloud.port),
      TEMPORAL_ADDRESS: this.temporalAddress,
      ...(this.temporalUi === '' ? {} : { TEMPORAL_UI_URL: this.temporalUi }),
    };
    const control = { ...common, DATABASE_URL: this.databaseUrl };
    const host = { ...withoutDatabase(common), NOVAFLOW_HOST_CREDENTIAL: credentials };
    // The roles make themselves ready while what they stand on comes up.
    const schema = Promise.all([
      postgres && phase('PostgreSQL', () => this.startPostgres(postgres)),
      this.temporalUi && phase('Temporal', (tell) => this.startTemporal(ports, tell)),
    ]).then(() => phase('database schema and first users', () => this.bootstrap()));
    await Promise.all([
      schema,
      phase('api and workers', () =>
        Promise.all([
          this.supervisor.start(node('api', 'api.js', [], { ...control, ...measured['api'] }), schema),
          this.supervisor.start(
            node('conductor', 'worker.js', ['conductor'], { ...control, ...measured['conductor'] }),
            schema,
          ),
          this.supervisor.start(node(HOST, 'worker.js', [...HOST_ROLES], { ...host, ...measured[HOST] }), schema),
        ]),
      ),
    ]);
    return { ready: this.ready(), passwords: secrets.passwords };
  }

  /** The processes of the cloud by their names. */
  processes(): Record<string, number> {
    return this.supervisor.pids();
  }

  /** The same by role: roles that share a process have the same one. */
  pids(): Record<string, number> {
    const { [HOST]: host, ...others } = this.supervisor.pids();
    return { ...others, ...(host === undefined ? {} : Object.fromEntries(HOST_ROLES.map((role) => [role, host]))) };
  }

  /** Takes a process away until `resume`, for tests of an outage. */
  suspend(name: string): Promise<void> {
    return this.supervisor.suspend(isHostRole(name) ? HOST : name);
  }

  resume(name: string): Promise<void> {
    return this.supervisor.resume(isHostRole(name) ? HOST : name);
  }

  /** Writes ready.json, and keeps it true from now on. */
  async announce(): Promise<void> {
    this.up = true;
    await this.record(this.supervisor.pids());
  }

  /** Stops everything in order: guests, then who takes requests, then who keeps the records. May be called twice. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  private async stopAll(): Promise<void> {
    this.up = false;
    await rm(path.join(this.home, 'ready.json'), { force: true }).catch(() => undefined);
    await this.supervisor.ask(HOST, 'suspend', 'suspended');
    await this.supervisor.stop(['api', 'conductor', HOST]);
    await this.supervisor.stop(['temporal']);
    this.temporalPorts.unguard();
    await this.supervisor.stop(['postgres']);
    await this.runFile.remove().catch(() => undefined);
  }

  private async makeHome(): Promise<void> {
    try {
      // What the cloud writes is its user's alone. The directory itself can be entered, for PostgreSQL's own user.
      process.umask(0o077);
      await mkdir(this.home, { recursive: true });
      await chmod(this.home, 0o711);
      await access(this.home, 2);
    } catch (error) {
      throw new Error(
        `The state directory ${this.home} cannot be written (${(error as NodeJS.ErrnoException).code ?? ''}). Set NOVAFLOW_HOME to a directory that can.`,
        { cause: error },
      );
    }
  }

  private async startPostgres({ url, prepare }: EmbeddedPostgres): Promise<void> {
    await this.supervisor.start(await prepare());
    await ensureDatabase(url);
  }

  /** Has the api bring the database up to date, before anybody takes work. @throws with the words of what went wrong */
  private async bootstrap(): Promise<void> {
    await this.supervisor.perform('api', 'bootstrap').catch((error: Error) => {
      throw new Error(`The database could not be brought up to date: ${error.message.trim()}`, { cause: error });
    });
  }

  private async startTemporal(
    ports: { temporal: number; temporalUi: number },
    tell: (line: string) => void,
  ): Promise<void> {
    const binary = await getTemporal(tell);
    const database = temporalDatabase(binary, this.home);
    if (database === undefined) throw new Error(`${binary} is not the Temporal CLI.`);
    const others = (await readdir(this.home)).filter((name) => /^temporal.*\.db$/.test(name));
    if (others.length > 0 && !others.includes(path.basename(database)))
      this.options.tell(
        `Temporal is of another version and begins anew: its histories until now stay in ${others.join(', ')} (docs/operators/upgrade.md)`,
      );
    const spec = temporalServer(binary, database, ports);
    await this.supervisor.start({ ...spec, whenReady: (pid) => this.guardTemporal(pid) });
  }

  /** Temporal asks nobody who he is, so its ports are kept from the machine's other users where that can be. */
  private guardTemporal(pid: number): void {
    const problem = this.temporalPorts.guard(pid);
    if (problem === undefined || this.toldOfPorts) return;
    this.toldOfPorts = true;
    this.options.tell(
      `every user of this machine can reach Temporal, and so every operation: ${problem} (docs/operators/deploy.md)`,
    );
  }

  private ready(): Ready {
    return {
      authUrl: `${this.options.config.publicUrl}/identity/v3`,
      dashboardUrl: `${this.options.config.publicUrl}/dashboard/`,
      temporalUi: this.temporalUi,
      metricsUrls: this.metricsUrls,
      pids: { supervisor: process.pid, ...this.pids() },
    };
  }

  /** Replaced whole, so that no reader sees half a file; and at once, since two changes may come together. */
  private replaceFile(name: string, text: string): void {
    const file = path.join(this.home, name);
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  private async record(pids: Record<string, number>): Promise<void> {
    await this.runFile.write(pids);
    if (this.up) this.replaceFile('ready.json', `${JSON.stringify(this.ready(), null, 2)}\n`);
  }
}

const mapValues = <V, R>(values: Readonly<Record<string, V>>, map: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

function node(name: string, program: string, args: string[], env: NodeJS.ProcessEnv): ProcessSpec {
  return {
    name,
    command: process.execPath,
    args: [...(env['DATABASE_URL'] === undefined ? HOST_FLAGS : CONTROL_FLAGS), path.join(PROGRAMS, program), ...args],
    env,
    ready: 'message',
  };
}

/** A host role has no database, not even by an environment that it inherits. */
function withoutDatabase(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DATABASE_URL: _url, ...rest } = env;
  return rest;
}
