import type { Sql } from '../kernel/database.js';
import { aggregate, type AggregateRequest, type Series } from './aggregate.js';
import { collect, type Sample } from './collect.js';

export type { Comparison as FilterComparison, Filter, FilterValue } from './search.js';
export type { AggregateRequest, Sample, Series };

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
}
