import { Type } from 'typebox';
import { micros, nextLink, selfAndBookmark } from '../http/links.js';
import { booleanText, integerText, isTrue } from '../http/parameter-types.js';
import { validate } from '../http/validation.js';
import { pathOf, type AnsweredPage, type Dialect } from '../kit/dialect.js';
import type { AnySpec } from '#services/kernel/resource/spec';
import { parameters, readQuery } from './query.js';

/** From here on Cinder refuses fields that it does not know (SUPPORT_VOLUME_SCHEMA_CHANGES). */
const STRICT = 53;

/** Cinder's API v3 (cinder/api/v3, cinder/api/common.py). */
export const cinderDialect: Dialect = {
  prefix: 'volume/v3',
  update: 'PUT',
  statuses: { create: 202, update: 200, delete: 202 },
  details: true,
  enveloped: true,
  open: (write, minor) => write === 'post' && minor < STRICT,
  changes: [STRICT],
  schemaOf: ({ shape: { kind, schema, min, max, nullable } }) => {
    if (kind === 'int') return integerText(min ?? 0, max, ...(nullable ? (['null'] as const) : []));
    return kind === 'bool' ? booleanText : schema;
  },
  valueOf: ({ shape: { kind } }, value) => {
    if (kind === 'int') return Number(value);
    return kind === 'bool' ? isTrue(value as boolean | string) : value;
  },
  wrap: (spec, item) => Type.Object({ [spec.names[0]]: item }),
  check: validate,
  read: readQuery,
  parameters,
  time: micros,
  decorate: (spec, view, key, base) => ({
    ...view,
    links: selfAndBookmark(`${base}/volume`, '/v3', `${pathOf(spec)}/${key}`),
  }),
  one: (spec, view) => ({ [spec.names[0]]: view }),
  many: (spec, views, page) => ({
    [spec.names[1]]: views,
    ...linksOf(spec, page),
    ...(page.count === undefined ? {} : { count: page.count }),
  }),
};

function linksOf(spec: AnySpec, { url, query, limit, more, last }: AnsweredPage): object {
  if (!more || last === undefined) return {};
  const single = Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values?.at(-1)]));
  return { [`${spec.names[1]}_links`]: [nextLink(url, single, limit, last)] };
}
