import { Type } from 'typebox';
import { badRequest } from '../../kernel/errors.js';
import { json, text } from '../../kernel/resource/fields.js';
import { INTERFACES } from '../catalog/shipped.js';
import { expecting, newId, resource, seenByTokens, target } from '../words.js';
import { LONGEST_TEXT, both, nameOf } from './standard.js';

/** What a group may ask of an endpoint. */
const FILTERS = ['service_id', 'region_id', 'interface'];
const Filters = Type.Object({
  interface: Type.Optional(Type.Enum([...INTERFACES])),
  service_id: Type.Optional(Type.String()),
  region_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
});

/** Endpoints that have something in common, for projects to be given all of them (OS-EP-FILTER; keystone/api/os_ep_filter.py). */
export const endpointGroup = resource({
  names: ['endpoint_group', 'endpoint_groups'],
  filtersAlone: true,
  path: 'OS-EP-FILTER/endpoint_groups',
  record: 'endpointGroup',
  table: 'keystone.endpoint_groups',
  order: [{ name: 'asc' }],
  newId,
  closed: true,
  changesSomething: true,
  fields: {
    id: text({}),
    name: nameOf(255),
    description: text({ max: LONGEST_TEXT, nullable: true, ...both }),
    filters: json<object, typeof both & { readonly required: true }>(Filters, { ...both, required: true }),
  },
  target: (row) => target('endpoint_group', row),
  plan(_at, { filters }) {
    if (Object.keys(filters).length === 0) throw badRequest('filters field is required and cannot be empty');
    checkFilters(filters);
    return {};
  },
  beforeUpdate(_at, _row, { filters = {} }) {
    checkFilters(filters);
    return Promise.resolve();
  },
  ...seenByTokens,
});

function checkFilters(filters: object): void {
  if (Object.keys(filters).some((name) => !FILTERS.includes(name)))
    throw expecting(FILTERS.join(' or '), 'endpoint_group');
}
