/** The api process: node dist/programs/api.js */
import { collectAfterStart } from '#apps/collect';
import { released } from '#apps/held';
import { TemporalEngine, makeClient } from '#apps/temporal/index';
import { loadConfig } from '#config';
import { makeServices } from '#services/index';
import { makeLogger } from '#services/kernel/log';
import { policies, readOverrides } from '#services/kernel/policy/index';
import { makeApi } from './app.js';
import { serveMetrics } from './http/metrics.js';

await released();
const config = loadConfig();
const log = makeLogger('api', config.cloud.log_level);
try {
  policies.override(readOverrides(config.policies));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
const client = makeClient(config);
const operations = new TemporalEngine(client);
const services = makeServices(config, operations, log);
const app = await makeApi({ services, config, operations, log });
const metrics =
  config.cloud.metrics_port > 0
    ? serveMetrics(services, operations, config.cloud.bind, config.cloud.metrics_port)
    : undefined;

/** Most requests take milliseconds, a console or an audit seconds. The supervisor waits 15 s before it kills. */
const DRAIN_MS = 10_000;

let stopping = false;
/** Requests under way are answered, for as long as DRAIN_MS; then the pool and the connection are given back. */
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  metrics?.close();
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), DRAIN_MS);
  await app.close();
  clearTimeout(cut);
  await services.close();
  await client.connection.close();
  if (process.connected) process.disconnect();
}
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void stop());

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
