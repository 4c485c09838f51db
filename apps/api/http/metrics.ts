import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client';
import { NOT_MOVING } from '#apps/temporal/diagnosis';
import type { TemporalEngine } from '#apps/temporal/index';
import { countByClass } from '#services/audit/index';
import type { Services } from '#services/index';

collectDefaultMetrics();

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
const servers = new Gauge({ name: 'novaflow_servers', help: 'Servers by vm_state.', labelNames: ['vm_state'] });
const outbox = new Gauge({ name: 'novaflow_outbox_rows', help: 'Operations that are asked for and not started yet.' });
const waiting = new Gauge({ name: 'novaflow_boots_waiting', help: 'Boots that wait until fewer are under way.' });
const stuck = new Gauge({
  name: 'novaflow_stuck_operations',
  help: 'Operations of which something does not succeed and is tried for ever (docs/operators/stuck.md).',
});
const open = new Gauge({
  name: 'novaflow_operations_not_moving',
  help: 'Operations older than a minute that do not go on, by why (GET /internal/operations).',
  labelNames: ['why'],
});
const orphans = new Gauge({
  name: 'novaflow_orphans',
  help: 'What the newest audit found orphaned, by resource class.',
  labelNames: ['class'],
});
const unwritten = new Gauge({
  name: 'novaflow_audit_trail_dropped',
  help: 'Events that this process could not write to the audit trail; the log has them.',
});
const audited = new Gauge({ name: 'novaflow_audit_timestamp_seconds', help: 'When the newest audit ended.' });

export function observe(method: string, route: string, status: number, milliseconds: number): void {
  requests.observe({ method, route, status: String(status) }, milliseconds / 1000);
  if (status >= 500) failures.inc({ route });
}

/** Prometheus metrics on a port of their own, so that the API's port shows none. */
export function serveMetrics(services: Services, engine: TemporalEngine, bind: string, port: number): Server {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void collect(services, engine)
      .then(() => register.metrics())
      .then(
        (text) => response.writeHead(200, { 'content-type': register.contentType }).end(text),
        () => response.writeHead(503).end('The database does not answer.\n'),
      );
  });
  return server.listen(port, bind);
}

/** Older operations are few, and asked about at each look at the metrics. */
const OLD_SECONDS = 60;
const MOST_ASKED = 100;

async function collect(
  { db, audit, auditTrail, operations: records }: Services,
  engine: TemporalEngine,
): Promise<void> {
  const [states, owed, run, stuckNow, old] = await Promise.all([
    db.server.groupBy({ by: ['vm_state'], where: { deleted_at: null }, _count: true }),
    db.operation.groupBy({ by: ['state'], where: { state: { in: ['requested', 'held'] } }, _count: true }),
    audit.latest(),
    // Without Temporal nobody can say; the metrics of the database are still worth having.
    engine.countStuck().catch(() => NaN),
    records.openNow(OLD_SECONDS, MOST_ASKED).then((found) => engine.diagnose(found).catch(() => undefined)),
  ]);
  unwritten.set(auditTrail.dropped);
  servers.reset();
  for (const { vm_state, _count } of states) servers.set({ vm_state }, _count);
  const owedIn = (state: string): number => owed.find((o) => o.state === state)?._count ?? 0;
  outbox.set(owedIn('requested'));
  waiting.set(owedIn('held'));
  stuck.set(stuckNow);
  open.reset();
  for (const why of NOT_MOVING) open.set({ why }, old?.filter((o) => o.why === why).length ?? NaN);
  if (!run) return;
  audited.set(run.finishedAt.getTime() / 1000);
  for (const [kind, count] of Object.entries(countByClass(run.orphans))) orphans.set({ class: kind }, count);
}
