import { Type } from 'typebox';
import { bool, computed, oneOf, shownAs, text, time } from '../../kernel/resource/fields.js';
import type { ServiceRow } from '../compute-services.js';
import { view } from '../words.js';

/** From here on services are named by UUIDs, and changed under them. */
export const BY_UUID = 53;
const change = { write: ['put'] } as const;

/** A service of Nova (nova/api/openstack/compute/services.py). */
export const service = view({
  names: ['service', 'services'],
  path: 'os-services',
  actions: ['list', 'update', 'delete'],
  rules: {
    list: 'os_compute_api:os-services:list',
    update: 'os_compute_api:os-services:update',
    delete: 'os_compute_api:os-services:delete',
  },
  since: { update: BY_UUID },
  fields: {
    id: computed(
      Type.Union([Type.String(), Type.Integer()]),
      ({ id, number }: ServiceRow, minor): string | number => (minor >= BY_UUID ? id : number),
      {},
    ),
    binary: text({}),
    host: text({}),
    zone: text({}),
    status: oneOf(['enabled', 'disabled'], change),
    state: oneOf(['up', 'down'], {}),
    // Null until a first reason is given. A later one can replace it, and none can remove it.
    disabled_reason: shownAs(
      text({ ...change, min: 1, max: 255 }),
      Type.Union([Type.String(), Type.Null()]),
      ({ disabled_reason }: ServiceRow) => disabled_reason,
    ),
    updated_at: time({}),
    forced_down: bool({ ...change, since: 11 }),
  },
});
