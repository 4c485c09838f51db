import { Gauge } from 'prom-client';
import type { PoolState } from '#services/index';

/** Shows the connections of this process's pool, as they are at each look. */
export function showPool(state: () => PoolState): void {
  const connections = new Gauge({
    name: 'novaflow_database_connections',
    help: 'Connections of this process to PostgreSQL, by state.',
    labelNames: ['state'],
    collect() {
      const { open, idle } = state();
      connections.set({ state: 'used' }, open - idle);
      connections.set({ state: 'idle' }, idle);
    },
  });
  const waiting = new Gauge({
    name: 'novaflow_database_waiting',
    help: 'Queries and transactions of this process that wait for a connection (DATABASE_POOL).',
    collect() {
      waiting.set(state().waiting);
    },
  });
}
