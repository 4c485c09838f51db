import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FaultStore } from '#apps/faults/store';
import { ROOT } from '#config';
import type { TestCloud } from './clouds.js';
import { writeCredentials } from './host.js';

/** A second machine of a cloud: its roles, which a test can take away and bring back. */
export class Machine {
  private roles: ChildProcess | undefined;
  private home: string | undefined;

  constructor(
    private readonly cloud: TestCloud,
    readonly name: string,
    private readonly has: readonly ('compute' | 'network' | 'volume')[] = ['compute', 'network'],
  ) {}

  async start(): Promise<void> {
    // A disk of its own, which outlives its roles.
    if (this.home === undefined) {
      this.home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-machine-'));
      await writeCredentials(this.cloud, this.name, path.join(this.home, 'credentials'));
    }
    this.roles = fork(path.join(ROOT, 'dist/programs/worker.js'), [...this.has], {
      stdio: 'ignore',
      env: {
        ...process.env,
        NOVAFLOW_HOME: this.home,
        NOVAFLOW_HOST: this.name,
        NOVAFLOW_PUBLIC_URL: this.cloud.authUrl.replace('/identity/v3', ''),
        NOVAFLOW_HOST_CREDENTIAL: path.join(this.home, 'credentials'),
        NOVAFLOW_HYPERVISOR: 'fake',
        NOVAFLOW_MODE: 'development',
        TEMPORAL_ADDRESS: this.cloud.temporalAddress,
      },
    });
    await once(this.roles, 'message');
  }

  /** Its state directory. */
  get disk(): string {
    if (this.home === undefined) throw new Error(`${this.name} was never started.`);
    return this.home;
  }

  /** The faults of its steps; its disk is its own. */
  get faults(): FaultStore {
    return new FaultStore(this.disk);
  }

  /** Gone at once, as by a power cut. */
  async kill(): Promise<void> {
    const { roles } = this;
    if (!roles || roles.exitCode !== null || roles.signalCode !== null) return;
    const ended = once(roles, 'exit');
    roles.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    if (this.home !== undefined) await rm(this.home, { recursive: true });
  }
}
