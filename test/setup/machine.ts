import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '#config';
import type { TestCloud } from './clouds.js';

const ROLES = { compute: 'nova-compute', network: 'neutron-agent' } as const;

/** A second machine of a cloud: its compute and network roles, which a test can take away and bring back. */
export class Machine {
  private roles: ChildProcess[] = [];
  private home: string | undefined;

  constructor(
    private readonly cloud: TestCloud,
    readonly name: string,
  ) {}

  async start(): Promise<void> {
    // A disk of its own, which outlives its roles.
    this.home ??= await mkdtemp(path.join(os.tmpdir(), 'novaflow-machine-'));
    const home = this.home;
    this.roles = Object.entries(ROLES).map(([role, user]) =>
      fork(path.join(ROOT, 'dist/apps/worker/main.js'), [role], {
        stdio: 'ignore',
        env: {
          ...process.env,
          NOVAFLOW_HOME: home,
          NOVAFLOW_HOST: this.name,
          NOVAFLOW_PUBLIC_URL: this.cloud.authUrl.replace('/identity/v3', ''),
          NOVAFLOW_HOST_CREDENTIAL: path.join(this.cloud.home, 'secrets', `${user}.json`),
          NOVAFLOW_HYPERVISOR: 'fake',
          TEMPORAL_ADDRESS: this.cloud.temporalAddress,
        },
      }),
    );
    await Promise.all(this.roles.map((role) => once(role, 'message')));
  }

  /** Gone at once, as by a power cut. */
  async kill(): Promise<void> {
    const ended = this.roles.filter((r) => r.exitCode === null && r.signalCode === null).map((r) => once(r, 'exit'));
    for (const role of this.roles) role.kill('SIGKILL');
    await Promise.all(ended);
  }

  async remove(): Promise<void> {
    await this.kill();
    if (this.home !== undefined) await rm(this.home, { recursive: true });
  }
}
