import { bool, oneOf, text, time, uuid, int } from '../../kernel/resource/fields.js';
import { view } from '../words.js';

const given = { write: ['post'], filter: true, sort: true } as const;
const both = { write: ['post', 'put'], filter: true, sort: true } as const;

/** That packets are written down (neutron_lib/api/definitions/logging.py). No host can, so there is none: see `Logs`. */
export const log = view({
  names: ['log', 'logs'],
  path: 'log/logs',
  owner: 'project_id',
  fields: {
    id: uuid({ filter: true, sort: true }),
    project_id: text({ max: 255, ...given }),
    name: text({ max: 255, default: '', ...both }),
    description: text({ max: 255, default: '', ...both }),
    enabled: bool({ default: true, ...both }),
    event: oneOf(['ACCEPT', 'DROP', 'ALL'], { default: 'ALL', write: ['post'], filter: true }),
    resource_type: text({ max: 255, required: true, ...given }),
    resource_id: uuid({ refersTo: 'network/security_group', nullable: true, ...given }),
    target_id: uuid({ refersTo: 'network/port', nullable: true, ...given }),
    created_at: time({ filter: true, sort: true }),
    updated_at: time({ filter: true, sort: true }),
    revision_number: int({ filter: true, sort: true }),
  },
});

/** What packets can be written down of. */
export const loggableResource = view({
  names: ['loggable_resource', 'loggable_resources'],
  path: 'log/loggable-resources',
  key: 'type',
  actions: ['list'],
  ownerless: true,
  fields: { type: text({}) },
});
