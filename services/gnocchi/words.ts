import { OpenStackError, notFound, conflict } from '../kernel/errors.js';

/** What an error of Gnocchi's says beside its status: a text, or what was wrong with what (gnocchi/rest/api.py: abort). */
export interface Detail {
  readonly cause: string;
  readonly reason?: string;
  readonly detail?: unknown;
}

/** A refusal that says more than a text. */
export class GnocchiError extends OpenStackError {
  constructor(
    status: number,
    type: string,
    readonly detail: Detail,
  ) {
    super(status, type, detail.reason ?? detail.cause);
  }
}

/** What is said of an object as a whole, and not of a value in it. */
const OF_OBJECTS = /^(extra keys not allowed|required key not provided|value must not be one of)/;
const placeOf = (path: readonly string[]): string =>
  path.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `['${part}']`)).join('');

/** A body that is not as it should be, in the words of voluptuous. @param path where in the body */
export function invalidInput(reason: string, path: readonly string[] = []): GnocchiError {
  const inObject = path.length > 0 && !OF_OBJECTS.test(reason) && !/^\d+$/.test(path.at(-1)!);
  const said = `${reason}${inObject ? ' for dictionary value' : ''}${path.length === 0 ? '' : ` @ data${placeOf(path)}`}`;
  return new GnocchiError(400, 'BadRequest', { cause: 'Invalid input', reason: said, detail: path });
}
/** A parameter of a query that is not as it should be. */
export const invalidArgument = (name: string, reason: string): GnocchiError =>
  new GnocchiError(400, 'BadRequest', { cause: 'Argument value error', detail: name, reason });

/** gnocchi/indexer/__init__.py: what is not there, is there already, or is in use. */
export const noArchivePolicy = (name: string, status = 404): OpenStackError =>
  new OpenStackError(status, 'NoSuchArchivePolicy', `Archive policy ${name} does not exist`);
export const noArchivePolicyRule = (name: string): OpenStackError =>
  notFound('NoSuchArchivePolicyRule', `Archive policy rule ${name} does not exist`);
export const noResourceType = (name: string): OpenStackError =>
  notFound('NoSuchResourceType', `Resource type ${name} does not exist`);
export const noResource = (id: string): OpenStackError => notFound('NoSuchResource', `Resource ${id} does not exist`);
export const noMetric = (id: string, status = 404): OpenStackError =>
  new OpenStackError(status, 'NoSuchMetric', `Metric ${id} does not exist`);
export const archivePolicyExists = (name: string): OpenStackError =>
  conflict('ArchivePolicyAlreadyExists', `Archive policy ${name} already exists`);
export const archivePolicyRuleExists = (name: string): OpenStackError =>
  conflict('ArchivePolicyRuleAlreadyExists', `Archive policy rule ${name} already exists`);
export const resourceTypeExists = (name: string): OpenStackError =>
  conflict('ResourceTypeAlreadyExists', `Resource type ${name} already exists`);
export const resourceExists = (id: string): OpenStackError =>
  conflict('ResourceAlreadyExists', `Resource ${id} already exists`);
export const namedMetricExists = (name: string, status = 409): OpenStackError =>
  new OpenStackError(status, 'NamedMetricAlreadyExists', `Named metric ${name} already exists`);
export const noAttribute = (type: string, name: string): OpenStackError =>
  new OpenStackError(400, 'ResourceAttributeError', `Resource type ${type} has no ${name} attribute`);
export const badQueryValue = (value: unknown, field: string): OpenStackError =>
  new OpenStackError(400, 'QueryValueError', `Invalid value: \`${String(value)}' for field \`${field}'`);
export const badQuery = (): OpenStackError => new OpenStackError(400, 'QueryError', 'Unable to parse this query');
export const badPage = (reason: string): OpenStackError =>
  new OpenStackError(400, 'InvalidPagination', `Invalid pagination: \`${reason}'`);
/** A number as Python writes a float. */
export const floatText = (number: number): string => (Number.isInteger(number) ? number.toFixed(1) : String(number));

/** gnocchi/storage/__init__.py. @param granularity in seconds */
export const noAggregation = (metric: string, method: string, granularity: number): OpenStackError =>
  notFound(
    'AggregationDoesNotExist',
    `Aggregation method '${method}' at granularity '${floatText(granularity)}' for metric ${metric} does not exist`,
  );
export const archivePolicyInUse = (name: string): OpenStackError =>
  new OpenStackError(400, 'ArchivePolicyInUse', `Archive policy ${name} is still in use`);
export const resourceTypeInUse = (name: string): OpenStackError =>
  new OpenStackError(400, 'ResourceTypeInUse', `Resource type ${name} is still in use`);
export const unsupportedPolicyChange = (name: string, change: string): OpenStackError =>
  new OpenStackError(
    400,
    'UnsupportedArchivePolicyChange',
    `Archive policy ${name} does not support change: ${change}`,
  );
export const unsupportedRuleChange = (name: string, change: string): OpenStackError =>
  new OpenStackError(
    400,
    'UnsupportedArchivePolicyRuleChange',
    `Archive policy rule ${name} does not support change: ${change}`,
  );
export const invalidResourceValue = (type: string, attribute: string, value: string): OpenStackError =>
  new OpenStackError(
    400,
    'ResourceValueError',
    `Value ${value} for attribute ${attribute} on resource type ${type} is invalid`,
  );
/** The same refusals, where Gnocchi says them with their parts. */
export const noArchivePolicyFor = (name: string): GnocchiError =>
  new GnocchiError(400, 'NoSuchArchivePolicy', { cause: 'Archive policy does not exist', detail: name });
export const namedMetricTaken = (name: string): GnocchiError =>
  new GnocchiError(400, 'NamedMetricAlreadyExists', { cause: 'Named metric already exists', detail: name });
export const noMethodOf = (metric: string, method: string): GnocchiError =>
  new GnocchiError(404, 'AggregationDoesNotExist', {
    cause: 'Aggregation method does not exist for this metric',
    detail: { metric, aggregation_method: method },
  });
/** Series that do not go together (gnocchi/rest/aggregates/exceptions.py). */
export const unaggregable = (reason: string, detail: unknown): GnocchiError =>
  new GnocchiError(400, 'UnAggregableTimeseries', { cause: 'Metrics cannot be aggregated', reason, detail });
