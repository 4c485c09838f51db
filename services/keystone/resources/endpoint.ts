import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import { computed, oneOf, text } from '../../kernel/resource/fields.js';
import type { Columns } from '../../kernel/resource/spec.js';
import { INTERFACES } from '../catalog/shipped.js';
import { mayBeUrl } from '../catalog/urls.js';
import { isHeld } from '../held.js';
import { expecting, newId, resource, seenByTokens, target } from '../words.js';
import { LONGEST_TEXT, both, extra, extraOf, id, keepsId, unlessNull } from './standard.js';
import { strictBool } from './service.js';

const fields = {
  id,
  interface: oneOf(INTERFACES, { required: true, ...both, filter: true, sort: true }),
  service_id: text({ required: true, max: 255, ...both, filter: true, sort: true }),
  region_id: text({ min: 1, max: 255, nullable: true, ...both, filter: true, sort: true }),
  /** What the region was called in API 2: one that is not there is made. */
  region: computed<string | null, { readonly region_id: string | null }, typeof both & { column: '' }>(
    Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
    ({ region_id }) => region_id,
    { ...both, column: '' },
  ),
  url: text({ required: true, max: 225, pattern: '^[a-zA-Z0-9+.-]+:.+', ...both, sort: true }),
  enabled: strictBool,
  name: unlessNull('name', Type.String({ maxLength: LONGEST_TEXT })),
  extra,
};

/** An endpoint of a service (keystone/catalog/schema.py, keystone/api/endpoints.py). */
export const endpoint = resource({
  names: ['endpoint', 'endpoints'],
  record: 'endpoint',
  table: 'keystone.endpoints',
  order: [{ service_id: 'asc' }, { interface: 'asc' }],
  newId,
  fields,
  changesSomething: true,
  target: (row) => target('endpoint', row),
  plan(_at, input) {
    if (!mayBeUrl(input.url)) throw badRequest(`Cannot create an endpoint with an invalid URL: ${input.url}.`);
    return extraOf(fields, input);
  },
  beforeCreate: ({ tx }, _data, input) => placeOf(tx, input),
  async beforeUpdate({ tx }, row, change) {
    keepsId(row, change);
    return { ...(await placeOf(tx, change)), ...extraOf(fields, change, row.extra) };
  },
  async beforeDelete({ tx }, row) {
    await tx.policyAssociation.deleteMany({ where: { endpoint_id: row.id } });
  },
  ...seenByTokens,
});

interface Place {
  readonly region_id?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly service_id?: string | undefined;
}

/** Where a request puts an endpoint. @throws 400 where the region or the service is not there */
async function placeOf(tx: Queries, { region_id, region, service_id }: Place): Promise<Columns> {
  const legacy = region_id === undefined || region_id === null ? (region ?? undefined) : undefined;
  if (legacy !== undefined) await tx.region.createMany({ data: [{ id: legacy }], skipDuplicates: true });
  const named = legacy ?? region_id;
  if (named !== undefined && named !== null && !(await isHeld(tx, 'region', named)))
    throw expecting('endpoint region_id', 'region table');
  if (service_id !== undefined && !(await isHeld(tx, 'service', service_id)))
    throw expecting('endpoint service_id', 'service table');
  return legacy === undefined ? {} : { region_id: legacy };
}
