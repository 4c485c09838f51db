import { badRequest } from '#services/kernel/errors';
import { UUID_LIKE, dashed } from '#services/placement/index';
import type { Condition } from '#services/kernel/resource/query';
import { pythonRepr } from '../http/python-repr.js';
import type { QueryLists } from '../kit/dialect.js';

/** What a route's query may have, each with the microversion that brought it. */
export const QUERIES = {
  resource_provider: { name: 0, uuid: 0, member_of: 3, resources: 4, in_tree: 14, required: 18 },
  trait: { name: 6, associated: 6 },
  usages: { project_id: 9, user_id: 9, consumer_type: 38 },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** From here on aggregates may be asked for several times; others may be named that it is not to be in. */
const SEVERAL_AGGREGATES = 24;
const OTHER_AGGREGATES = 32;
/** From here on traits may be named that it is not to have; several of which one is enough. */
const FORBIDDEN_TRAITS = 22;
const ANY_TRAIT = 39;

/** How a refusal of a query begins. */
export const PREFIX = 'Invalid query string parameters:';
const uuidLike = new RegExp(UUID_LIKE);

/** @throws 400 for a parameter that the route does not have at the microversion */
export function checkNames(route: keyof typeof QUERIES, query: QueryLists, minor: number): void {
  const known: Readonly<Record<string, number>> = QUERIES[route];
  const unknown = Object.keys(query).filter((name) => !Object.hasOwn(known, name) || known[name]! > minor);
  if (unknown.length === 0) return;
  const list = unknown.map((name) => pythonRepr(name)).join(', ');
  throw badRequest(
    `${PREFIX} Additional properties are not allowed (${list} ${unknown.length === 1 ? 'was' : 'were'} unexpected)`,
  );
}

/** The filters of a list of providers (placement/util.py). @throws 400 */
export function providerConditions(query: QueryLists, minor: number): Condition[] {
  const last = (name: string): string | undefined => query[name]?.at(-1);
  const uuids = ['uuid', 'in_tree'].flatMap((name) => {
    const value = last(name);
    if (value !== undefined && !uuidLike.test(value))
      throw badRequest(`${PREFIX} ${pythonRepr(value)} is not a 'uuid'`);
    return value === undefined ? [] : [one(name, [value])];
  });
  const name = last('name');
  const resources = last('resources');
  const { memberOf, notMemberOf } = aggregatesOf(query['member_of'] ?? [], minor);
  const { required, forbidden } = traitsOf(query['required'] ?? [], minor);
  return [
    ...uuids,
    ...(name === undefined ? [] : [one('name', [name])]),
    ...(resources === undefined ? [] : amountsOf(resources).map((amount) => one('resources', amount))),
    ...memberOf.map((any) => one('member_of', any)),
    ...(notMemberOf.length === 0 ? [] : [one('not_member_of', notMemberOf)]),
    ...required.map((names) => one('required', names)),
    ...(forbidden.length === 0 ? [] : [one('forbidden', forbidden)]),
  ];
}

const one = (field: string, values: readonly string[]): Condition => ({ field, operator: 'in', values });

/** `VCPU:2,MEMORY_MB:1024`: classes and their amounts. @throws 400 */
export function amountsOf(text: string): [name: string, amount: string][] {
  const form = (got: string) =>
    badRequest(
      `Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got: ${got}`,
    );
  if (text.trim() === '') throw form('empty string.');
  return text.split(',').map((part) => {
    const [name = '', amount, ...rest] = part.split(':');
    if (amount === undefined || rest.length > 0) throw form(`${part}.`);
    if (!/^\s*[+-]?\d+\s*$/.test(amount))
      throw badRequest(`Requested resource ${name} expected positive integer amount. Got: ${amount}.`);
    if (Number(amount) < 1)
      throw badRequest(`Requested resource ${name} requires amount >= 1. Got: ${Number(amount)}.`);
    return [name, amount.trim()];
  });
}

/** What `member_of` asks for. */
export interface Aggregates {
  /** Of each of these one. */
  readonly memberOf: readonly (readonly string[])[];
  readonly notMemberOf: readonly string[];
}

/**
 * A UUID, `in:` several of which one is enough; with `!` in front, of none of them.
 * @param suffix what the parameter's name ends in
 * @throws 400
 */
export function aggregatesOf(values: readonly string[], minor: number, suffix = ''): Aggregates {
  if (values.length > 1 && minor < SEVERAL_AGGREGATES)
    throw badRequest(`Multiple member_of${suffix} parameters are not supported`);
  const all = values.map((value) => {
    const [, not, several, list = ''] = /^(!?)(in:)?(.*)$/s.exec(value)!;
    if (!several && value.includes(','))
      throw badRequest(
        `Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid microversion. Got: ${value}`,
      );
    const uuids = list.split(',');
    const bad = uuids.find((uuid) => !uuidLike.test(uuid));
    if (bad !== undefined)
      throw badRequest(`${PREFIX} Expected 'member_of' parameter to contain valid UUID(s). Got: ${bad}`);
    if (not && minor < OTHER_AGGREGATES)
      throw badRequest(`Forbidden member_of${suffix} parameters are not supported in the specified microversion`);
    return { not: not !== '', uuids: uuids.map(dashed) };
  });
  return {
    memberOf: all.flatMap(({ not, uuids }) => (not ? [] : [uuids])),
    notMemberOf: all.flatMap(({ not, uuids }) => (not ? uuids : [])),
  };
}

/** What `required` asks for. */
export interface Traits {
  /** Of each of these one. */
  readonly required: readonly (readonly string[])[];
  readonly forbidden: readonly string[];
}

/** What all values of `required` ask for together. @throws 400 */
export function traitsOf(values: readonly string[], minor: number): Traits {
  // Before several count, the last one does.
  const counted = minor < ANY_TRAIT ? values.slice(-1) : values;
  const all = counted.map((value) => traitsIn(value, minor >= FORBIDDEN_TRAITS, minor >= ANY_TRAIT));
  return { required: all.flatMap((asked) => asked.required), forbidden: all.flatMap((asked) => asked.forbidden) };
}

/**
 * Traits that it has to have, and with `!` in front must not; `in:` several of which one is enough.
 * @param forbidding whether `!` is understood
 * @param any whether `in:` is
 * @throws 400
 */
export function traitsIn(value: string, forbidding: boolean, any: boolean): Traits {
  if (value.startsWith('in:')) {
    const form = "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC'";
    if (!any) throw badRequest(`${PREFIX} ${form} only supported since microversion 1.39. Got: ${value}`);
    const names = value
      .slice('in:'.length)
      .split(',')
      .map((name) => name.trim());
    if (names.includes(''))
      throw badRequest(
        `${PREFIX} Expected 'required' parameter value of the form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. Got an empty trait in: ${value}`,
      );
    if (names.some((name) => name.startsWith('!')))
      throw badRequest(`${PREFIX} ${form} does not support forbidden traits. Got: ${value}`);
    return { required: [names], forbidden: [] };
  }
  const all = value.split(',').map((name) => name.trim());
  const forbidden = all.filter((name) => name.startsWith('!')).map((name) => name.replace(/^!+/, ''));
  const form = (got: string) =>
    badRequest(
      `${PREFIX} Expected 'required' parameter value of the form: HW_CPU_X86_VMX,${forbidding ? '!' : ''}CUSTOM_MAGIC. ${got}`,
    );
  if ([...all, ...forbidden].includes('')) throw form(`Got an empty trait in: ${value}`);
  if (forbidden.length > 0 && !forbidding) throw form(`Got: ${value}`);
  return { required: all.filter((name) => !name.startsWith('!')).map((name) => [name]), forbidden };
}

/** The filters of a list of traits (placement/handlers/trait.py). @throws 400 */
export function traitConditions(query: QueryLists): Condition[] {
  const name = query['name']?.at(-1);
  const associated = query['associated']?.at(-1)?.toLowerCase();
  if (name !== undefined && !name.includes(':'))
    throw badRequest(
      `Badly formatted name parameter. Expected name query string parameter in form: ?name=[in|startswith]:[name1,name2|prefix]. Got: "${name}"`,
    );
  if (associated !== undefined && associated !== 'true' && associated !== 'false')
    throw badRequest('The query parameter "associated" only accepts "true" or "false"');
  const [, operator, value = ''] = /^([^:]*):(.*)$/s.exec(name ?? '') ?? [];
  return [
    ...(operator === 'in' ? [one('in', value.split(','))] : []),
    ...(operator === 'startswith' ? [one('startswith', [value])] : []),
    ...(associated === undefined ? [] : [one('associated', [associated])]),
  ];
}
