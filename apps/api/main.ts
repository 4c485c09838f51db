/** The api process: node dist/programs/api.js */
import { collectAfterStart } from '#apps/collect';
import { released } from '#apps/held';
import { TemporalEngine, makeClient } from '#apps/temporal/index';
import { startTracing } from '#apps/tracing/index';
import { loadConfig } from '#config';
import { makeServices } from '#services/index';
import { makeLogger } from '#services/kernel/log';
import { policies, readOverrides } from '#services/kernel/policy/index';
import { showPool } from '#apps/metrics/database-pool';
import { serveMetrics } from '#apps/metrics/endpoint';
import { makeApi } from './app.js';
import { clusterMetrics } from './cluster-metrics.js';

const config = loadConfig();
const log = makeLogger('api', config.cloud.log_level);
try {
  policies.override(readOverrides(config.policies));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
const client = makeClient(config);
// Before the pool is opened: what nobody listens to tells nothing.
const tracing = await startTracing(config, 'api');
const operations = new TemporalEngine(client, tracing);
const services = makeServices(config, operations, log);
const app = await makeApi({ services, config, operations, log, tracing });
const stopped = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => stopped.abort());
await released(stopped.signal, {
  // Loaded for it alone: an api that is started again, or one of several, has nothing to bring up to date.
  bootstrap: async () =>
    (await import('#apps/bootstrap')).bootstrap(config, client, services, (line) => log.info(line)),
});
showPool(services.pool);
const metrics = serveMetrics(config, log, [() => clusterMetrics(services, operations)]);

/** Most requests take milliseconds, a console or an audit seconds. The supervisor waits 15 s before it kills. */
const DRAIN_MS = 10_000;

/** Requests under way are answered, for as long as DRAIN_MS; then the pool and the connection are given back. */
async function stop(): Promise<void> {
  metrics?.close();
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), DRAIN_MS);
  await app.close();
  clearTimeout(cut);
  await services.close();
  await tracing?.close();
  await client.connection.close();
  if (process.connected) process.disconnect();
}
stopped.signal.addEventListener('abort', () => void stop(), { once: true });
if (stopped.signal.aborted) {
  await stop();
  process.exit();
}

try {
  await app.listen(config.cloud.port, config.cloud.bind);
  log.info({ url: config.publicUrl }, 'listening');
  services.uploads.keepSweeping();
  process.send?.('ready');
  collectAfterStart();
} catch (error) {
  const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  console.error(inUse ? `Port ${config.cloud.port} is in use. Set NOVAFLOW_PORT to a free one.` : error);
  process.exit(1);
}
