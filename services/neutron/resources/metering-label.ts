import { bool, text } from '../../kernel/resource/fields.js';
import { resource } from '../words.js';
import { owned } from './standard.js';

const given = { write: ['post'], filter: true, sort: true } as const;

/**
 * A name under which the traffic of a project's routers, or of all routers, is to be counted
 * (neutron_lib/api/definitions/metering.py). It is recorded; no host counts.
 */
export const meteringLabel = resource({
  names: ['metering_label', 'metering_labels'],
  path: 'metering/metering-labels',
  record: 'meteringLabel',
  table: 'neutron.metering_labels',
  actions: ['list', 'get', 'create', 'delete'],
  owner: 'project_id',
  fields: {
    ...owned,
    name: text({ max: 255, default: '', ...given }),
    description: text({ max: 1024, default: '', ...given }),
    shared: bool({ default: false, ...given }),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
});
