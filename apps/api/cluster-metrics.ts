import { Gauge, Registry } from 'prom-client';
import { NOT_MOVING } from '#apps/temporal/diagnosis';
import type { TemporalEngine } from '#apps/temporal/index';
import { countByClass } from '#services/audit/index';
import type { Services } from '#services/index';

/** Apart from the process's own metrics, so that an api that does not hold the lease shows none of them, not even a 0. */
const cluster = new Registry();
const registers = [cluster];

const servers = new Gauge({
  name: 'novaflow_servers',
  help: 'Servers by vm_state.',
  labelNames: ['vm_state'],
  registers,
});
const outbox = new Gauge({
  name: 'novaflow_outbox_rows',
  help: 'Operations that are asked for and not started yet.',
  registers,
});
const waiting = new Gauge({
  name: 'novaflow_boots_waiting',
  help: 'Boots that wait until fewer are under way.',
  registers,
});
const stuck = new Gauge({
  name: 'novaflow_stuck_operations',
  help: 'Operations of which something does not succeed and is tried for ever (docs/operators/stuck.md).',
  registers,
});
const open = new Gauge({
  name: 'novaflow_operations_not_moving',
  help: 'Operations older than a minute that do not go on, by why (GET /internal/operations).',
  labelNames: ['why'],
  registers,
});
const orphans = new Gauge({
  name: 'novaflow_orphans',
  help: 'What the newest audit found orphaned, by resource class.',
  labelNames: ['class'],
  registers,
});
const audited = new Gauge({
  name: 'novaflow_audit_timestamp_seconds',
  help: 'When the newest audit ended.',
  registers,
});
const observer = new Gauge({
  name: 'novaflow_cluster_observer',
  help: '1 at the one api that shows the metrics of the whole cloud, 0 at the others.',
});
const unwritten = new Gauge({
  name: 'novaflow_audit_trail_dropped',
  help: 'Events that this process could not write to the audit trail; the log has them.',
});

/** The name of the lease. */
const OBSERVER = 'novaflow: metrics of the cloud';
/** Older operations are few, and asked about at each look at the metrics. */
const OLD_SECONDS = 60;
const MOST_ASKED = 100;

/**
 * What is true of the whole cloud and of no process. Of several apis, the one that holds the lease says it: sums over all
 * targets are then right, and the queries are made once. It is an api and no conductor, because "no worker polls" is one
 * of the things to be told.
 */
export async function clusterMetrics(services: Services, engine: TemporalEngine): Promise<string> {
  unwritten.set(services.auditTrail.dropped);
  // Until it is known who observes, and that the database answers, this one does not.
  observer.set(0);
  if (!(await services.holds(OBSERVER))) return '';
  await look(services, engine);
  observer.set(1);
  return cluster.metrics();
}

async function look({ db, audit, operations: records }: Services, engine: TemporalEngine): Promise<void> {
  const [states, owed, run, stuckNow, old] = await Promise.all([
    db.server.groupBy({ by: ['vm_state'], where: { deleted_at: null }, _count: true }),
    db.operation.groupBy({ by: ['state'], where: { state: { in: ['requested', 'held'] } }, _count: true }),
    audit.latest(),
    // Without Temporal nobody can say; the metrics of the database are still worth having.
    engine.countStuck().catch(() => NaN),
    records.openNow(OLD_SECONDS, MOST_ASKED).then((found) => engine.diagnose(found).catch(() => undefined)),
  ]);
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
