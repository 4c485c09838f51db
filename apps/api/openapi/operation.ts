import type { TSchema } from 'typebox';
import { policies } from '#services/kernel/policy/index';
import { isVersioned, type Parameter, type Schema } from '../http/described.js';
import type { Route } from '../http/routes.js';
import { faultStatuses } from './faults.js';
import { mergeVersions, spanned, spansOf, type Json } from './versions.js';
import type { DescribedService } from './services.js';

const TEXT = { type: 'string' };
const JSON_TYPE = 'application/json';

/** A route as an operation of OpenAPI. */
export function operationOf(route: Route, service: DescribedService): Json {
  const { description, method, path, policy, handler } = route;
  const { summary = summaryOf(handler), since, until, body } = description;
  const query = { ...service.query?.(method, path), ...description.query };
  const usual = faultStatuses({
    open: policy === undefined,
    names: /[:*]/.test(path),
    changes: !['GET', 'HEAD'].includes(method),
  });
  const faults = [...new Set([...usual, ...(description.refusals ?? [])])];
  const operation = {
    operationId: `${service.name}.${handler}`,
    summary,
    tags: [tagOf(path, service)],
    ...(policy === undefined ? { security: [] } : policyOf(policy)),
    parameters: parametersOf(route, service, query),
    ...(body === undefined ? {} : { requestBody: bodyOf(body, service) }),
    responses: withFaults(answersOf(route, service), faults, service),
  };
  const { microversions } = service;
  if (microversions === undefined) return operation;
  return spanned(microversions, operation, [[since ?? microversions.min, until ?? microversions.max]]);
}

/** An error may have an answer of the route's own, too, where that says more than an error does. */
function withFaults(answers: Answered, faults: readonly number[], { name }: DescribedService): Json {
  const all = faults.map((status): [number, Json] => {
    const $ref = `#/components/responses/${name}.${status}`;
    const own = answers[status]?.content?.[JSON_TYPE]?.schema;
    if (own === undefined) return [status, { $ref }];
    const schema = { anyOf: [{ $ref: `${$ref}/content/application~1json/schema` }, own] };
    return [status, { ...answers[status], content: { [JSON_TYPE]: { schema } } }];
  });
  return { ...answers, ...Object.fromEntries(all) };
}
type Answered = Readonly<
  Record<string, { description: string; content?: Readonly<Record<string, { schema: Json }>> } | undefined>
>;

/** The rule that the route asks, with the scopes that a token may have for it. */
function policyOf({ service, rule }: NonNullable<Route['policy']>): Json {
  const scopes = policies.has(service, rule) ? (policies.rule(service, rule)?.scopes ?? []) : [];
  return { 'x-openstack-policy': rule, ...(scopes.length === 0 ? {} : { 'x-openstack-scopes': scopes }) };
}

function parametersOf(
  { path, headers, description }: Route,
  service: DescribedService,
  query: Readonly<Record<string, Parameter>>,
): Json[] {
  const inPath = [...pathTemplate(path).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: TEXT,
  }));
  const inQuery = Object.entries(query).map(([name, parameter]) => parameterOf(name, parameter, service));
  const read = headers.filter((name) => name !== 'content-type').map((name): [string, string] => [name, '']);
  const inHeader = [...read, ...Object.entries(description.headers ?? {})].map(([name, says]) => ({
    name,
    in: 'header',
    ...(says === '' ? {} : { description: says }),
    schema: TEXT,
  }));
  const version =
    service.microversions === undefined ? [] : [{ $ref: `#/components/parameters/${service.name}.version` }];
  return [...inPath, ...inQuery, ...inHeader, ...version];
}

function parameterOf(
  name: string,
  { schema = TEXT, description, required, many, since }: Parameter,
  { microversions }: DescribedService,
): Json {
  const parameter = {
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    ...(required ? { required } : {}),
    schema: many ? { type: 'array', items: schema } : schema,
  };
  if (microversions === undefined || since === undefined) return parameter;
  return spanned(microversions, parameter, [[since, microversions.max]]);
}

function bodyOf(
  { schema, types = [JSON_TYPE], optional }: NonNullable<Route['description']['body']>,
  service: DescribedService,
): Json {
  const content = { schema: versionsOf(schema, service) };
  return { ...(optional ? {} : { required: true }), content: Object.fromEntries(types.map((type) => [type, content])) };
}

function answersOf({ method, status, description }: Route, service: DescribedService): Answered {
  const { answer, answers, spans, answerType = JSON_TYPE } = description;
  const all = { ...(answers === undefined || answer !== undefined ? { [status]: answer } : {}), ...answers };
  return Object.fromEntries(
    Object.entries(all).map(([code, schema]) => {
      const empty = schema === undefined || schema === null || method === 'HEAD';
      const content = empty ? {} : { content: { [answerType]: { schema: versionsOf(schema, service) } } };
      const answered = { description: REASONS[code] ?? 'Done.', ...content };
      const at = spans?.[Number(code)];
      if (at === undefined || service.microversions === undefined) return [code, answered];
      return [code, { ...answered, ...spanned(service.microversions, answered, spansOf(at)) }];
    }),
  );
}
const REASONS: Readonly<Record<string, string>> = {
  201: 'Made.',
  202: 'Accepted: it is done in the background.',
  204: 'Done; there is no body.',
  206: 'The part that was asked for.',
  300: 'The versions to choose from.',
  304: 'The client has it already.',
  401: 'It is not proven, or not in all the ways that are asked for, who it is.',
};

/** A schema in all microversions of its service. */
function versionsOf(schema: Schema, { microversions }: DescribedService): Json {
  if (!isVersioned(schema)) return plain(schema);
  if (microversions === undefined) return plain(schema(0));
  return mergeVersions(microversions, (minor) => plain(schema(minor)), schema.changes);
}

/** What validation alone understands: ranges that hold for numbers written as text. */
const OWN_KEYWORDS = new Set(['textMinimum', 'textMaximum']);
const plain = (schema: TSchema): Json =>
  JSON.parse(JSON.stringify(schema, (key, value: unknown) => (OWN_KEYWORDS.has(key) ? undefined : value))) as Json;

/** `/servers/:id` as `/servers/{id}`, and `*` as the name of what may have slashes. */
export const pathTemplate = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{object}');

/** What the path is about: its first part that is neither the service nor a version. */
const tagOf = (path: string, { name }: DescribedService): string =>
  path.split('/').find((part) => part !== '' && part !== name && !/^(v\d|:)/.test(part)) ?? name;

/** Methods that say nothing without their controller. */
const VERBS =
  /^(list|show|create|update|delete|remove|replace|clear|check|add|get|put|post|head|copy|set|has|give|revoke|detail|reset|defaults)$/;
/** `FlavorParts.createExtraSpecs` as `Create extra specs`, and `networkTags.list` as `List network tags`. */
function summaryOf(handler: string): string {
  const [controller = '', method = ''] = handler.split('.');
  const words = (name: string): string =>
    name
      .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
      .replaceAll(/[_-]/g, ' ')
      .toLowerCase();
  const text = VERBS.test(method) ? `${words(method)} ${words(controller)}` : words(method);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
