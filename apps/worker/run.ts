import { NativeConnection, Runtime, Worker, type RuntimeOptions, type WorkerOptions } from '@temporalio/worker';
import { collectAfterStart } from '#apps/collect';
import { released } from '#apps/held';
import { connectionOptionsOf, dataConverterOf } from '#apps/temporal/index';
import { startTracing, type Tracing } from '#apps/tracing/index';
import { loadConfig, type Config } from '#config';
import { makeLogger, type Logger } from '#services/kernel/log';
import { activityInterceptors } from './interceptors.js';

/** What a role brings: its queue, its activities, and what it does beside them. */
export interface Role {
  readonly taskQueue: string;
  readonly options: Partial<WorkerOptions>;
  /** Runs after the worker polls, and until the signal. */
  alongside?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  /** The machine is going down: what runs on it is stopped in order. */
  suspend?(): Promise<void>;
}
export type RoleFactory = (config: Config, log: Logger, tracing?: Tracing) => Promise<Role> | Role;

/** Steps under way get this long to end when the role is stopped; the others are retried by whoever comes next. */
const SHUTDOWN_GRACE = '5s';
/** Temporal may come up after the role: this long between tries to reach it, each of which costs a refused connection. */
const CONNECT_RETRY_MS = 100;

/** Runs roles in this process until SIGTERM, SIGINT, or the end of the supervisor that started it. */
export async function runRoles(given: readonly { name: string; factory: RoleFactory }[]): Promise<void> {
  const config = loadConfig();
  const log = makeLogger(given.map((r) => r.name).join('+'), config.cloud.log_level);
  // Loaded for it alone: a host that is not measured is smaller without.
  const measuring = config.cloud.metrics_port > 0 ? await import('./metrics.js') : undefined;
  const metrics = await (measuring?.measure(config, log, (telemetry) => installRuntime(log, telemetry)) ??
    installRuntime(log, {}));
  const tracing = await startTracing(config, given.map((r) => r.name).join('+'));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  process.on('disconnect', () => stop.abort());
  const roles = await Promise.all(given.map(async ({ factory }) => factory(config, log, tracing)));
  process.on('message', (message) => {
    if (message !== 'suspend') return;
    void Promise.allSettled(roles.map(async (role) => role.suspend?.())).then(() => process.send?.('suspended'));
  });
  const release = released(stop.signal);
  const connection = await connect(config, stop.signal);
  const beside = { ended: measuring?.countStep, tracing };
  const interceptors = { activity: [await activityInterceptors(config, log, beside)] };
  const workers = await Promise.all(roles.map((role) => makeWorker(config, connection, interceptors, role)));
  await release;
  const running = Promise.all(workers.map((worker) => worker.run()));
  log.info({ taskQueues: roles.map((r) => r.taskQueue) }, 'polling');
  process.send?.('ready');
  collectAfterStart();
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  stop.signal.addEventListener('abort', shutdown);
  if (stop.signal.aborted) shutdown();
  await Promise.all([running, ...roles.map(async (role) => role.alongside?.(stop.signal))]);
  await Promise.all(roles.map((role) => role.close()));
  await connection.close();
  metrics?.close();
  await tracing?.close();
  if (process.connected) process.disconnect();
}

function installRuntime(log: Logger, telemetryOptions: RuntimeOptions['telemetryOptions'] & object): undefined {
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions,
    logger: {
      log: () => undefined,
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: (message, meta) => log.warn(printable(meta), message),
      error: (message, meta) => log.error(printable(meta), message),
    },
  });
}

function makeWorker(
  config: Config,
  connection: NativeConnection,
  interceptors: NonNullable<WorkerOptions['interceptors']>,
  { taskQueue, options }: Role,
): Promise<Worker> {
  const dataConverter = dataConverterOf(config);
  return Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue,
    shutdownGraceTime: SHUTDOWN_GRACE,
    interceptors,
    // A cancellation reaches an activity with a heartbeat's answer; every half second is soon enough for a delete.
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    ...(dataConverter ? { dataConverter } : {}),
    ...options,
  });
}

async function connect(config: Config, signal: AbortSignal): Promise<NativeConnection> {
  for (;;) {
    try {
      // Payloads are a few hundred bytes: to compress them costs more than to send them.
      const grpcCompression = { codec: 'none' } as const;
      return await NativeConnection.connect({ address: connectionOptionsOf(config).address ?? '', grpcCompression });
    } catch (error) {
      if (signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, CONNECT_RETRY_MS));
    }
  }
}

/** The SDK's log attributes hold bigints and errors; JSON takes neither. */
function printable(meta: object | undefined): object {
  return JSON.parse(
    JSON.stringify(meta ?? {}, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value instanceof Error ? value.message : value,
    ),
  ) as object;
}
