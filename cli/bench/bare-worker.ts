/** The worker of the bare workflow: a process of its own, like a conductor, with activities that do nothing. */
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { ROOT } from '#config';

export const BARE_QUEUE = 'bench-bare';

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: path.join(ROOT, 'dist/cli/bench/bare-workflow.js'),
  logger: new DefaultLogger('ERROR'),
});
const worker = await Worker.create({
  connection,
  taskQueue: BARE_QUEUE,
  workflowBundle,
  activities: { noop: () => Promise.resolve() },
  maxCachedWorkflows: 300,
  maxConcurrentWorkflowTaskExecutions: 40,
});
const running = worker.run();
process.on('disconnect', () => worker.shutdown());
process.on('SIGTERM', () => worker.shutdown());
process.send?.('ready');
await running;
await connection.close();
