import { Type } from 'typebox';
import { json, oneOf, text } from '../../kernel/resource/fields.js';
import { view } from '../words.js';
import { VNIC_TYPES } from './port.js';

const profile = Type.Record(Type.String(), Type.Unknown());

/** Where a port is, and where else it could be (neutron_lib/api/definitions/portbindings_extended.py). */
export const portBinding = view({
  names: ['binding', 'bindings'],
  title: 'PortBinding',
  path: 'ports/:port_id/bindings',
  below: { field: 'port_id' },
  key: 'host',
  actions: ['list', 'get', 'create', 'delete'],
  rules: {
    list: 'get_port_binding',
    get: 'get_port_binding',
    create: 'create_port_binding',
    delete: 'delete_port_binding',
  },
  fields: {
    port_id: text({ hidden: true }),
    host: text({ required: true, min: 1, max: 255, write: ['post'], filter: true }),
    vif_type: text({ filter: true }),
    vif_details: json<object, object>(profile, {}),
    vnic_type: oneOf(VNIC_TYPES, { default: 'normal', write: ['post'], filter: true }),
    profile: json<object, { write: readonly ['post'] }>(profile, { write: ['post'] }),
    status: text({ filter: true }),
    project_id: text({ max: 255, write: ['post'], hidden: true }),
  },
});
