import { bool, text } from '../../kernel/resource/fields.js';
import { resource } from '../words.js';
import { checkOwnId, ownId, takenId } from './named.js';
import { LONGEST_TEXT, both } from './standard.js';

/** keystone/api/validation/parameter_types.py: url */
const url = { required: true, max: 225, pattern: '^[a-zA-Z0-9+.-]+:.+', ...both } as const;
/** keystone.conf: saml.relay_state_prefix */
const RELAY_STATE_PREFIX = 'ss:mem:';

/** Another cloud's Keystone that trusts this one (keystone/federation/schema.py). It is kept, and no assertions are made for it. */
export const serviceProvider = resource({
  names: ['service_provider', 'service_providers'],
  path: 'OS-FEDERATION/service_providers',
  record: 'serviceProvider',
  table: 'keystone.service_providers',
  madeBy: ['PUT'],
  closed: true,
  changesSomething: true,
  fields: {
    id: ownId,
    auth_url: text(url),
    sp_url: text(url),
    description: text({ max: LONGEST_TEXT, nullable: true, ...both }),
    enabled: bool({ default: false, ...both, filter: true, sort: true }),
    relay_state_prefix: text({ max: 256, nullable: true, ...both, default: RELAY_STATE_PREFIX }),
  },
  plan(_at, { relay_state_prefix }, data) {
    checkOwnId(data);
    return { relay_state_prefix: relay_state_prefix ?? RELAY_STATE_PREFIX };
  },
  beforeUpdate: (_at, _row, { relay_state_prefix }) =>
    Promise.resolve(relay_state_prefix === null ? { relay_state_prefix: RELAY_STATE_PREFIX } : {}),
  taken: takenId('service_provider'),
});
