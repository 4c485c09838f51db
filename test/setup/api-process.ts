import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { freePort } from '#apps/standalone/ports';
import { ROOT } from '#config';
import type { TestCloud } from './clouds.js';

/** One more api process of a cloud, as a deployment with several has it. */
export class ApiProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(cloud: TestCloud): Promise<ApiProcess> {
    const port = await freePort();
    const child = fork(path.join(ROOT, 'dist/programs/api.js'), [], {
      stdio: 'ignore',
      env: {
        ...process.env,
        NOVAFLOW_HOME: cloud.home,
        NOVAFLOW_PORT: String(port),
        DATABASE_URL: cloud.databaseUrl,
        TEMPORAL_ADDRESS: cloud.temporalAddress,
      },
    });
    await once(child, 'message');
    return new ApiProcess(`http://127.0.0.1:${port}`, child);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
