/** The worker of the bare workflow: a process of its own, like a conductor, with activities that do nothing. */
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { ROOT } from '#config';
import { BARE_HOST_QUEUE, BARE_QUEUE } from './bare-queues.js';

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const connection = await NativeConnection.connect({
  address: process.env['TEMPORAL_ADDRESS'] ?? '',
  // As the roles have it.
  grpcCompression: { codec: 'none' },
});
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: path.join(ROOT, 'dist/cli/bench/bare-workflow.js'),
  logger: new DefaultLogger('ERROR'),
});
const activities = { noop: () => Promise.resolve() };
const worker = await Worker.create({
  connection,
  taskQueue: BARE_QUEUE,
  workflowBundle,
  activities,
  maxCachedWorkflows: 300,
  maxConcurrentWorkflowTaskExecutions: 40,
});
const host = await Worker.create({ connection, taskQueue: BARE_HOST_QUEUE, activities });
const running = Promise.all([worker.run(), host.run()]);
const stop = (): void => {
  worker.shutdown();
  host.shutdown();
};
process.on('disconnect', stop);
process.on('SIGTERM', stop);
process.send?.('ready');
await running;
await connection.close();
