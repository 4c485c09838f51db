import { Counter, Histogram } from 'prom-client';

const requests = new Histogram({
  name: 'novaflow_api_request_seconds',
  help: 'Requests by route and status.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
});
const failures = new Counter({
  name: 'novaflow_api_errors_total',
  help: 'Answers with a 5xx status.',
  labelNames: ['route'],
});

/** Counts a request that was answered. @param route its pattern, of which there are few, and not its path */
export function observe(method: string, route: string, status: number, milliseconds: number): void {
  requests.observe({ method, route, status: String(status) }, milliseconds / 1000);
  if (status >= 500) failures.inc({ route });
}
