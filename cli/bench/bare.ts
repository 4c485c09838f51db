import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { ROOT } from '#config';
import { BARE_QUEUE } from './bare-queues.js';

/** The bare workflow on a cloud's own Temporal server, with a worker process of its own. */
export class Bare {
  private constructor(
    private readonly worker: ChildProcess,
    readonly client: Client,
  ) {}

  static async start(temporalAddress: string): Promise<Bare> {
    const worker = fork(path.join(ROOT, 'dist/cli/bench/bare-worker.js'), {
      env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress },
    });
    await once(worker, 'message');
    return new Bare(worker, new Client({ connection: await Connection.connect({ address: temporalAddress }) }));
  }

  get pid(): number {
    return this.worker.pid!;
  }

  /** Runs it once, from its start to its result. @param workflow its type */
  async once(workflow: 'bareNoop' | 'bareNoopWithHost' = 'bareNoop'): Promise<void> {
    await this.client.workflow.execute(workflow, { taskQueue: BARE_QUEUE, workflowId: `bare/${randomUUID()}` });
  }

  async stop(): Promise<void> {
    this.worker.disconnect();
    await once(this.worker, 'exit');
    await this.client.connection.close();
  }
}
