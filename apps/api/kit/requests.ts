import type { RequestContext } from '#services/kernel/context';
import { OpenStackError } from '#services/kernel/errors';
import type { Condition } from '#services/kernel/resource/query';
import type { Action, AnySpec } from '#services/kernel/resource/spec';
import type { ApiRequest } from '../http/request.js';
import { isEnveloped, type Dialect } from './dialect.js';

/** What the kit reads off a request, and says of it. */

/** What the path says of a thing beside its key: below what it lies. */
export function placeOf({ below }: AnySpec, { params }: ApiRequest): Condition[] {
  if (below === undefined) return [];
  return [{ field: below.field, operator: 'in', values: [(params as Record<string, string>)[below.field] ?? ''] }];
}

/** What a route does, in OpenStack's words for it. */
export function summaryOf({ names }: AnySpec, action: Action): string {
  const [one, many] = names.map((name) => name.replaceAll('_', ' '));
  if (action === 'list') return `List ${many}`;
  if (action === 'get') return `Show ${one} details`;
  return `${action.charAt(0).toUpperCase()}${action.slice(1)} ${one}`;
}

/** The guard has made sure that there is one. */
export const contextOf = (request: ApiRequest): RequestContext => request.context!;

/** Takes a refusal with a status for a no. */
export const unless =
  (status: number) =>
  (error: unknown): false => {
    if (error instanceof OpenStackError && error.status === status) return false;
    throw error;
  };

/** The item of a checked body. Where a service takes none for an empty one, it is that. */
export const unwrap = (dialect: Dialect, spec: AnySpec, body: unknown): Record<string, unknown> =>
  ((isEnveloped(dialect, spec) ? (body as Record<string, unknown>)[spec.names[0]] : body) ?? {}) as Record<
    string,
    unknown
  >;

export const revisionOf = (dialect: Dialect, { headers }: ApiRequest): number | undefined =>
  dialect.revisionOf?.(headers['if-match']);
