import type { AggregateRequest, Gnocchi, Series } from '../../gnocchi/index.js';
import { OpenStackError } from '../../kernel/errors.js';
import type { ThresholdRule, ThresholdType } from '../rules.js';
import { readSearch } from '../search.js';
import type { Measured } from './threshold.js';
import type { EvaluatedAlarm } from './verdicts.js';

/** A rule of an alarm, whose measures are wanted. */
export interface Wanted {
  readonly alarm: EvaluatedAlarm;
  readonly type: ThresholdType;
  readonly rule: ThresholdRule;
}

/** Reads of measures side by side: what they cost is the database's time, which boots need, too. */
const AT_ONCE = 4;
/** Aodh looks back by one period more than a rule compares: the last one may not be full yet (ThresholdEvaluator.look_back). */
const LOOK_BACK = 1;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Reads of one kind that one request answers: rules of resources that differ in the resource alone are read at once. */
interface Read {
  readonly request: () => AggregateRequest;
  readonly wanted: { readonly index: number; readonly resource?: string }[];
}

/**
 * Reads what was measured for rules. An alarm sees what its project does, unless an administrator has made it for his own.
 * @param lag seconds by which the windows are longer, for measures that come late
 * @returns in the order of the rules
 */
export async function readMeasures(gnocchi: Gnocchi, wanted: readonly Wanted[], lag: number): Promise<Measured[]> {
  const results: Measured[] = [];
  const reads = [...readsOf(wanted, lag)];
  const next = async (): Promise<void> => {
    for (let read = reads.shift(); read !== undefined; read = reads.shift()) await answer(gnocchi, read, results);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return results;
}

function readsOf(wanted: readonly Wanted[], lag: number): Iterable<Read> {
  const reads = new Map<string, Read>();
  for (const [index, one] of wanted.entries()) {
    const { alarm, type, rule } = one;
    const { aggregation_method, granularity, evaluation_periods } = rule;
    const resource = type === 'gnocchi_resources_threshold' ? String(rule['resource_id']) : undefined;
    const alike =
      resource === undefined
        ? index
        : [alarm.whole_cloud || alarm.project_id, rule['resource_type'], rule['metric'], aggregation_method];
    const key = JSON.stringify([alike, granularity, evaluation_periods]);
    let read = reads.get(key);
    if (read === undefined) {
      const asked: Read['wanted'] = [];
      reads.set(key, (read = { request: () => requestOf(one, asked, lag), wanted: asked }));
    }
    read.wanted.push({ index, ...(resource === undefined ? {} : { resource }) });
  }
  return reads.values();
}

function requestOf({ alarm, type, rule }: Wanted, wanted: Read['wanted'], lag: number): AggregateRequest {
  const { aggregation_method: aggregation, granularity, evaluation_periods } = rule;
  const seconds = granularity * (evaluation_periods + LOOK_BACK) + lag;
  const common = {
    project: alarm.whole_cloud ? undefined : alarm.project_id,
    aggregation,
    granularity,
    start: new Date(alarm.now.getTime() - seconds * 1_000),
    stop: alarm.now,
  };
  if (type === 'gnocchi_resources_threshold')
    return {
      ...common,
      of: {
        resource_type: String(rule['resource_type']),
        metrics: [String(rule['metric'])],
        search: { op: 'or', of: idsOf(wanted.map(({ resource }) => resource!)) },
      },
    };
  // What is aggregated over several metrics is no rate any more: their rates are.
  const reaggregation = aggregation.replace(/^rate:/, '');
  if (type === 'gnocchi_aggregation_by_metrics_threshold') {
    const metrics = (rule['metrics'] as readonly string[]).filter((id) => UUID.test(id));
    return { ...common, reaggregation, of: { metrics } };
  }
  const search = readSearch(String(rule['query']), `${alarm.user_id}:${alarm.project_id}`);
  const resource_type = String(rule['resource_type']);
  return { ...common, reaggregation, of: { resource_type, metrics: [String(rule['metric'])], search } };
}

/** Resources by their ids, or by what they were called when they were made. */
const idsOf = (resources: readonly string[]) => {
  const [ids, names] = [resources.filter((id) => UUID.test(id)), resources.filter((id) => !UUID.test(id))];
  return [
    ...(ids.length > 0 ? [{ op: 'in', field: 'id', value: ids } as const] : []),
    ...(names.length > 0 ? [{ op: 'in', field: 'original_resource_id', value: names } as const] : []),
  ];
};

async function answer(gnocchi: Gnocchi, { request, wanted }: Read, results: Measured[]): Promise<void> {
  try {
    const series = await gnocchi.aggregate(request());
    for (const { index, resource } of wanted) results[index] = measuredOf(series, resource);
  } catch (error) {
    // What no reading helps: a resource type that is gone, a search that is none. The database being away is no such thing.
    if (!(error instanceof OpenStackError) || error.status >= 500) throw error;
    for (const { index } of wanted) results[index] = { missing: `alarm statistics retrieval failed: ${error.message}` };
  }
}

/** @param resource whose series it is; that of all together when left out */
function measuredOf(series: readonly Series[], resource: string | undefined): Measured {
  const found = series.find(
    ({ metric }) =>
      resource === undefined ||
      metric?.resource?.id === resource.toLowerCase() ||
      metric?.resource?.original_resource_id === resource,
  );
  return { values: found?.points.map(({ value }) => value) ?? [] };
}
