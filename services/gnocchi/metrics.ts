import { Prisma, type Sql } from '../kernel/database.js';
import type { OpenStackError } from '../kernel/errors.js';
import { madeBy, type Access, type Caller } from './access.js';
import { readPolicies, type ArchivePolicy } from './archive-policy.js';
import { object, reading, readBody } from './checks.js';
import { readUuid, resourceId } from './ids.js';
import {
  ACTIVE,
  METRIC_FIELDS,
  insertMetrics,
  listMetrics,
  metricsById,
  targetOfMetric,
  withPolicies,
  type MetricRow,
} from './metric-rows.js';
import { afterMarker, orderOf, sortKeys, type Page } from './pages.js';
import { findResource, type ResourceRow } from './resource-rows.js';
import { GENERIC } from './resource-types.js';
import { badPage, GnocchiError, namedMetricTaken, noMetric, noResource } from './words.js';

/** A metric with its archive policy. */
export interface Metric extends MetricRow {
  readonly archive_policy: ArchivePolicy;
}

/** What a list of metrics is confined to. */
export interface MetricQuery {
  readonly creator?: string | undefined;
  readonly name?: string | undefined;
  readonly id?: string | undefined;
  readonly unit?: string | undefined;
  readonly archive_policy_name?: string | undefined;
  readonly status?: 'active' | 'delete' | undefined;
}

type MetricRule = 'get metric' | 'get measures' | 'post measures' | 'delete metric';
const SORTED = new Set(['id', 'archive_policy_name', 'creator', 'resource_id', 'name', 'unit', 'status']);
/** The key of lists that name none (METRIC_DEFAULT_PAGINATION). */
export const METRIC_ORDER = ['id:asc'];

export class Metrics {
  constructor(
    private readonly sql: Sql,
    private readonly access: Access,
  ) {}

  /** A page of those that the caller may see. @throws 400, 403 */
  async list(caller: Caller, query: MetricQuery, page: Page): Promise<Metric[]> {
    const { status = 'active', id, ...equal } = query;
    const keys = sortKeys(page.sorts, ['id'], (name) =>
      SORTED.has(name) ? { row: Prisma.raw(`m.${name}`), marker: Prisma.raw(`marker.${name}`) } : undefined,
    );
    const uuid = id === undefined ? undefined : readUuid(id);
    if (id !== undefined && uuid === undefined) return [];
    const conditions = [
      Prisma.sql`m.status = ${status}`,
      ...this.visible(caller),
      ...(uuid === undefined ? [] : [Prisma.sql`m.id = ${uuid}::uuid`]),
      ...Object.entries(equal).flatMap(([name, value]) =>
        value === undefined ? [] : [Prisma.sql`${Prisma.raw(`m.${name}`)} = ${value}`],
      ),
      ...(page.marker === undefined ? [] : [await this.beyond(page.marker, keys)]),
    ];
    return this.withPolicy(await listMetrics(this.sql, conditions, orderOf(keys), page.limit));
  }

  private visible(caller: Caller): Prisma.Sql[] {
    const seen = this.access.metrics(caller, 'list metric');
    if (seen === undefined) return [];
    const project = caller.credentials.project_id;
    const ways = [
      ...(seen.made ? [Prisma.sql`split_part(m.creator, ':', 2) = ${project}`] : []),
      ...(seen.ofResources ? [Prisma.sql`r.project_id = ${project}`] : []),
    ];
    return [Prisma.sql`(${Prisma.join(ways, ' OR ')})`];
  }

  private async beyond(marker: string, keys: Parameters<typeof afterMarker>[0]): Promise<Prisma.Sql> {
    const uuid = readUuid(marker);
    const found = uuid === undefined ? [] : await metricsById(this.sql, [uuid]);
    if (found.length === 0) throw badPage(`Invalid marker: \`${marker}'`);
    return Prisma.sql`EXISTS (SELECT 1 FROM gnocchi.metrics marker WHERE marker.id = ${uuid}::uuid AND ${afterMarker(keys)})`;
  }

  /** @throws 403, 404 */
  async get(caller: Caller, id: string, rule: MetricRule = 'get metric') {
    const uuid = readUuid(id);
    const [row] = uuid === undefined ? [] : await metricsById(this.sql, [uuid]);
    if (row === undefined) throw noMetric(id);
    return this.permitted(caller, row, rule, () => noMetric(id));
  }

  /** One of a resource, by its name. @throws 403, 404 */
  async named(
    caller: Caller,
    resource: { readonly type: string; readonly id: string },
    name: string,
    rule: MetricRule = 'get metric',
  ): Promise<Metric> {
    const [row] = await listMetrics(this.sql, [
      ACTIVE,
      Prisma.sql`m.name = ${name} AND m.resource_id = ${resource.id}::uuid`,
    ]);
    if (row !== undefined) return this.permitted(caller, row, rule, () => noResource(resource.id));
    const owner = await findResource(this.sql, resource.type, resource.id);
    const seen =
      owner !== undefined && this.access.allows(caller, 'get resource', { ...owner, ...madeBy(owner.creator) });
    throw seen ? noMetric(name) : noResource(resource.id);
  }

  private async permitted(
    caller: Caller,
    row: MetricRow,
    rule: MetricRule,
    missing: () => OpenStackError,
  ): Promise<Metric> {
    this.access.enforceOf(caller, rule, targetOfMetric(row), 'get metric', missing);
    return (await this.withPolicy([row]))[0]!;
  }

  /** The resource that a metric belongs to. */
  async resourceOf(metric: MetricRow): Promise<ResourceRow | null> {
    return metric.resource_id === null ? null : ((await findResource(this.sql, GENERIC, metric.resource_id)) ?? null);
  }

  /** All of a resource that the caller has seen. */
  async ofResource(id: string): Promise<Metric[]> {
    return this.withPolicy(await listMetrics(this.sql, [ACTIVE, Prisma.sql`m.resource_id = ${id}::uuid`]));
  }

  /** Those of some ids, all of which have to be there and the caller's to see. @param missing what is thrown for the others */
  async several(
    caller: Caller,
    ids: readonly string[],
    rule: MetricRule | 'search metric',
    missing: (ids: string[]) => Error,
  ): Promise<Metric[]> {
    const rows = await metricsById(this.sql, ids);
    const seen = new Set(
      rows
        .filter((row) => {
          const target = targetOfMetric(row);
          return this.access.allows(caller, rule, target) || this.access.allows(caller, 'get metric', target);
        })
        .map(({ id }) => id),
    );
    const lost = [...new Set(ids)].filter((id) => !seen.has(id));
    if (lost.length > 0) throw missing(lost);
    for (const row of rows) this.access.enforce(caller, rule, targetOfMetric(row));
    return this.withPolicy(rows);
  }

  /** @throws 400, 403, 404 for the resource */
  async create(caller: Caller, body: unknown): Promise<MetricRow> {
    const id = reading((value) => resourceId(String(value), caller.creator));
    const given = readBody(object({}, { ...METRIC_FIELDS, resource_id: id }), body);
    const [wanted] = await withPolicies(this.sql, [given]);
    const { name = null, unit = null, resource_id = null, archive_policy_name } = wanted!;
    if (resource_id !== null) await this.checkResource(caller, resource_id, name);
    this.access.enforce(caller, 'create metric', {
      creator: caller.creator,
      archive_policy_name,
      resource_id,
      name,
      unit,
    });
    const [made] = await this.sql.transaction((tx) =>
      insertMetrics(tx, [{ creator: caller.creator, resource_id, name, unit, archive_policy_name }]),
    );
    if (made === undefined) throw namedMetricTaken(name ?? '');
    return {
      id: made,
      creator: caller.creator,
      resource_id,
      resource_project: null,
      name,
      unit,
      archive_policy_name,
      status: 'active',
    };
  }

  /** @throws 400, 403, 404 */
  private async checkResource(caller: Caller, id: string, name: string | null): Promise<void> {
    if (name === null)
      throw new GnocchiError(400, 'BadRequest', {
        cause: 'Attribute value error',
        detail: 'name',
        reason: 'Name cannot be null if resource_id is not null',
      });
    const resource = await findResource(this.sql, GENERIC, id);
    if (resource === undefined) throw noResource(id);
    const target = { ...resource, ...madeBy(resource.creator) };
    this.access.enforceOf(caller, 'update resource', target, 'get resource', () => noResource(id));
  }

  /** Its measures are removed when the upkeep comes by. @throws 403, 404 */
  async delete(id: string): Promise<void> {
    const deleted = await this.sql.$executeRaw`
      UPDATE gnocchi.metrics SET status = 'delete', resource_id = NULL WHERE id = ${id}::uuid AND status = 'active'`;
    if (deleted === 0) throw noMetric(id);
  }

  async withPolicy(rows: readonly MetricRow[]): Promise<Metric[]> {
    if (rows.length === 0) return [];
    const policies = await readPolicies(this.sql, [...new Set(rows.map((row) => row.archive_policy_name))]);
    return rows.map((row) => ({ ...row, archive_policy: policies.get(row.archive_policy_name)! }));
  }
}
