import { Type, type Static } from 'typebox';
import { byMinor } from '../http/by-minor.js';
import { booleanText, fqdn } from '../http/parameter-types.js';

/** From here on a service can be forced down. */
export const FORCED_DOWN = 11;
const text = Type.String({ minLength: 1, maxLength: 255 });
const named = { host: fqdn, binary: text, disabled_reason: Type.Optional(text) };
const NamedBody = Type.Object({ ...named, forced_down: Type.Optional(booleanText) }, { additionalProperties: false });
export type Named = Static<typeof NamedBody>;
/** What a verb in the path takes, until 2.52 (nova/api/openstack/compute/schemas/services.py). */
export const serviceVerbBody = byMinor(
  (minor) => (minor < FORCED_DOWN ? Type.Object(named, { additionalProperties: false }) : NamedBody),
  [1, FORCED_DOWN],
);
