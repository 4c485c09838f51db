import { createServer } from 'node:http';
import { collectDefaultMetrics, register } from 'prom-client';
import type { Config } from '#config';
import type { Logger } from '#services/kernel/log';

/** Metrics in Prometheus's text format that somebody else than this process's own registry keeps. */
export type MoreMetrics = () => Promise<string>;

/**
 * Serves this process's metrics for Prometheus at `/metrics`, on a port of their own: the API's port shows none. With them
 * come Node's (CPU, memory, the lag of the event loop).
 * @param more is asked at each look; where it fails, the others are still served
 * @returns what closes the port; undefined where the process has none (`NOVAFLOW_METRICS_PORT`)
 */
export function serveMetrics(
  { cloud }: Config,
  log: Logger,
  more: readonly MoreMetrics[],
): { close(): void } | undefined {
  if (cloud.metrics_port === 0) return undefined;
  collectDefaultMetrics();
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void textOf(more).then((text) => response.writeHead(200, { 'content-type': register.contentType }).end(text));
  });
  // A role that works and is not measured is better than none: its absence shows in Prometheus (`up`).
  server.on('error', (error) => log.error({ error: error.message }, 'metrics are not served (NOVAFLOW_METRICS_PORT)'));
  return server.listen(cloud.metrics_port, cloud.bind);
}

/** The registry comes last: the others may still set some of its gauges. */
async function textOf(more: readonly MoreMetrics[]): Promise<string> {
  const others = await Promise.all(more.map((one) => one().catch(() => '')));
  return [...others, await register.metrics()].map(ended).join('');
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
