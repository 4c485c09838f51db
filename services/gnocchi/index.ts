import type { Database, Sql } from '../kernel/database.js';
import type { Policies } from '../kernel/policy/index.js';
import { Access, type Caller } from './access.js';
import { aggregate, listMetrics, type AggregateRequest, type MeasuredMetric, type Series } from './aggregate.js';
import { Aggregates } from './aggregates/index.js';
import { ArchivePolicies } from './archive-policies.js';
import { ArchivePolicyRules } from './archive-policy-rules.js';
import { collect, type Sample } from './collect.js';
import { end, type Ended } from './end.js';
import { Measures, type Answered } from './measures.js';
import { Metrics } from './metrics.js';
import { Resources } from './resources.js';
import { searchMetrics, type MetricSearch } from './metric-search.js';
import { Upkeep } from './upkeep.js';
import { ResourceTypes } from './type-records.js';

export type { AcrossQuery, Aggregated, Nested, Result } from './aggregates/index.js';
export { callerOf, madeBy, type Caller } from './access.js';
export { METHODS } from './aggregation-methods.js';
export type { ArchivePolicy } from './archive-policy.js';
export { readIds } from './metric-rows.js';
export { readFilter } from './filters.js';
export type { Answered, MeasuresQuery } from './measures.js';
export type { MetricRow } from './metric-rows.js';
export { METRIC_ORDER, type Metric } from './metrics.js';
export { readPredicate } from './metric-search.js';
export { readPage, type Page } from './pages.js';
export { readType } from './resource-type-bodies.js';
export { GENERIC, type ResourceType } from './resource-types.js';
export { RESOURCE_ORDER, type ResourceRow } from './resource-rows.js';
export type { Filter } from './search.js';
export { GnocchiError } from './words.js';
export { secondsText, spanText } from './times.js';
export type { AggregateRequest, Ended, MeasuredMetric, Sample, Series };

/** Gnocchi: what was measured, of what, and what it comes to over time. */
export class Gnocchi {
  readonly access: Access;
  readonly archivePolicies: ArchivePolicies;
  readonly archivePolicyRules: ArchivePolicyRules;
  readonly resourceTypes: ResourceTypes;
  readonly resources: Resources;
  readonly metrics: Metrics;
  readonly measures: Measures;
  readonly aggregates: Aggregates;
  readonly upkeep: Upkeep;

  constructor(
    db: Database,
    private readonly sql: Sql,
    policies: Policies,
    settings: { readonly raw_retention: number },
  ) {
    this.upkeep = new Upkeep(sql, settings);
    this.access = new Access(policies);
    this.archivePolicies = new ArchivePolicies(db, sql);
    this.archivePolicyRules = new ArchivePolicyRules(db, sql);
    this.resourceTypes = new ResourceTypes(db, sql);
    this.resources = new Resources(sql, this.resourceTypes, this.access);
    this.metrics = new Metrics(sql, this.access);
    this.measures = new Measures(sql, this.access);
    this.aggregates = new Aggregates(sql, this.resourceTypes, this.metrics, this.measures, this.access);
  }

  /** Takes samples of the cloud's own agents (collect.ts). @throws 400 */
  collect(samples: readonly Sample[]): Promise<void> {
    return collect(this.sql, samples);
  }

  /** Notes what is there no more (end.ts). */
  end(ended: readonly Ended[]): Promise<void> {
    return end(this.sql, ended);
  }

  /** The measures of metrics that a predicate holds for (metric-search.ts). @throws 400, 403, 404 */
  searchMetrics(caller: Caller, search: MetricSearch): Promise<Map<string, Answered[]>> {
    return searchMetrics(this.sql, this.metrics, caller, search);
  }

  /** Reads what was measured (aggregate.ts). @throws 400 */
  aggregate(request: AggregateRequest): Promise<Series[]> {
    return aggregate(this.sql, request);
  }

  /** What is measured, without what came of it (aggregate.ts). @throws 400 */
  measured(request: Pick<AggregateRequest, 'of' | 'project'>): Promise<MeasuredMetric[]> {
    return listMetrics(this.sql, request);
  }
}
