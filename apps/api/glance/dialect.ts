import { badRequest, notFound } from '#services/kernel/errors';
import { seconds } from '../http/links.js';
import { validateSaying } from '../http/validation.js';
import type { AnsweredPage, Dialect } from '../kit/dialect.js';
import { PATCHES, readPatch } from './json-patch.js';
import { parameters, readQuery } from './query.js';

/** Glance's paths in its own answers begin with the version. */
const BASE = '/v2';

const check: Dialect['check'] = (schema, body) => {
  if (body === undefined) throw badRequest('Body expected in request.');
  return validateSaying(schema, body, "Provided object does not match schema 'image': ");
};

/** Glance's API v2 (glance/api/v2/images.py). */
export const glanceDialect: Dialect = {
  prefix: 'image/v2',
  update: 'PATCH',
  statuses: { create: 201, update: 200, delete: 204 },
  enveloped: false,
  open: false,
  slash: () => notFound('HTTPNotFound', 'The resource could not be found.'),
  schemaOf: (field) => field.shape.schema,
  valueOf: (_field, value) => value,
  wrap: (_spec, item) => item,
  check,
  patch: (spec, request) => readPatch(spec, request, check),
  patches: PATCHES,
  read: readQuery,
  parameters,
  time: seconds,
  decorate: ({ names: [one, many] }, view, key) => ({
    ...view,
    self: `${BASE}/${many}/${key}`,
    ...(one === 'image' ? { file: `${BASE}/${many}/${key}/file` } : {}),
    schema: `${BASE}/schemas/${one}`,
  }),
  location: ({ names: [, many] }, key) => `${BASE}/${many}/${key}`,
  one: (_spec, view) => view,
  many: ({ names: [, many] }, views, page) => ({
    [many]: views,
    ...linksOf(`${BASE}/${many}`, page),
    schema: `${BASE}/schemas/${many}`,
  }),
};

/** The same query, from its beginning and from behind the last item. */
function linksOf(self: string, { query, limit, more, last }: AnsweredPage): object {
  const params = new URLSearchParams(
    Object.entries(query).flatMap(([name, values = []]) =>
      name === 'marker' ? [] : values.map((value): [string, string] => [name, value]),
    ),
  );
  const first = params.size === 0 ? self : `${self}?${params.toString()}`;
  if (!more || last === undefined) return { first };
  params.set('limit', String(limit));
  params.set('marker', last);
  return { first, next: `${self}?${params.toString()}` };
}
