import type { Sql } from '../kernel/database.js';
import { aggregate, listMetrics, type AggregateRequest, type MeasuredMetric, type Series } from './aggregate.js';
import { collect, type Sample } from './collect.js';

export type { Comparison as FilterComparison, Filter, FilterValue } from './search.js';
export type { AggregateRequest, MeasuredMetric, Sample, Series };

/** Gnocchi: what was measured, of what, and what it comes to over time. */
export class Gnocchi {
  constructor(private readonly sql: Sql) {}

  /** Takes samples of the cloud's own agents (collect.ts). @throws 400 */
  collect(samples: readonly Sample[]): Promise<void> {
    return collect(this.sql, samples);
  }

  /** Reads what was measured (aggregate.ts). @throws 400 */
  aggregate(request: AggregateRequest): Promise<Series[]> {
    return aggregate(this.sql, request);
  }

  /** What is measured, without what came of it (aggregate.ts). @throws 400 */
  metrics(request: Pick<AggregateRequest, 'of' | 'project'>): Promise<MeasuredMetric[]> {
    return listMetrics(this.sql, request);
  }
}
