import { Type } from 'typebox';
import { micros } from '../http/links.js';
import { validateAodh } from '../http/validation.js';
import type { Dialect } from '../kit/dialect.js';
import { PARAMETERS, readAlarms } from './query.js';

/** Aodh's API v2 (aodh/api/controllers/v2). */
export const aodhDialect: Dialect = {
  prefix: 'alarming/v2',
  update: 'PUT',
  statuses: { create: 201, update: 200, delete: 204 },
  enveloped: false,
  open: false,
  // Nobody can set a time: clients send back what they got.
  schemaOf: ({ shape: { kind, schema } }) =>
    kind === 'time' ? Type.Union([Type.String({ maxLength: 64 }), Type.Null()]) : schema,
  valueOf: (_field, value) => value,
  wrap: (_spec, item) => item,
  check: validateAodh,
  read: readAlarms,
  parameters: () => PARAMETERS,
  time: micros,
  location: (_spec, key, base) => `${base}/alarming/v2/alarms/${key}`,
  one: (_spec, view) => view,
  // Aodh's lists are nothing but their items.
  many: (_spec, views) => views,
};
