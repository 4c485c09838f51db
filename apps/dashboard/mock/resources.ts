import { plainField, type Actions, type FieldSpec, type RecordAction, type ResourceSpec } from '../api/contract.js';

const id = plainField('id', { format: 'uuid' });
const name = plainField('name', { write: ['post', 'put'], required: ['post'], filter: true, sort: true });
const all = { list: true, get: true, create: true, update: true, delete: true };

function spec(service: string, one: string, path: string, fields: readonly FieldSpec[]): ResourceSpec {
  const many = `${one}s`;
  return {
    service,
    name: one,
    many,
    title: many.replace(/^./, (first) => first.toUpperCase()),
    path,
    detailPath: null,
    envelope: { one, many },
    key: 'id',
    below: null,
    pages: true,
    tags: false,
    revisions: false,
    fields,
    may: all,
    madeBy: ['POST'],
    updateMethod: 'PUT',
    patchType: null,
    microversion: null,
    actions: [],
  };
}

const refers = (field: string, one: string, more: Partial<FieldSpec> = {}): FieldSpec =>
  plainField(field, { filter: true, refersTo: { service: 'network', name: one }, ...more });
const given = { write: ['post'], required: ['post'] } satisfies Partial<FieldSpec>;

const action = (does: string, label: string, path: string, more: Partial<RecordAction>): RecordAction => ({
  name: does,
  label,
  method: 'PUT',
  path,
  within: [],
  item: false,
  fields: [],
  fixed: {},
  needs: null,
  may: true,
  ...more,
});

/** A few resources, of the shapes that the API has. */
export const RESOURCES: readonly ResourceSpec[] = [
  spec('compute', 'flavor', '/compute/v2.1/flavors', [
    name,
    id,
    plainField('ram', { type: 'int', write: ['post'], required: ['post'], sort: true }),
    plainField('vcpus', { type: 'int', write: ['post'], required: ['post'] }),
  ]),
  spec('image', 'image', '/image/v2/images', [
    name,
    id,
    plainField('status', { filter: true }),
    plainField('visibility', { enum: ['public', 'private'], write: ['post', 'put'], filter: true }),
  ]),
  spec('network', 'network', '/network/v2.0/networks', [
    name,
    id,
    plainField('admin_state_up', { type: 'bool', write: ['post', 'put'], filter: true, default: true }),
    plainField('mtu', { type: 'int', write: ['post', 'put'], min: 68, max: 65_535 }),
    plainField('subnets', { type: 'list' }),
  ]),
  spec('network', 'subnet', '/network/v2.0/subnets', [
    name,
    id,
    refers('network_id', 'network', given),
    plainField('cidr', { write: ['post'], required: ['post'] }),
  ]),
  spec('network', 'port', '/network/v2.0/ports', [name, id, refers('network_id', 'network', given)]),
  {
    ...spec('network', 'router', '/network/v2.0/routers', [name, id, plainField('status')]),
    actions: [
      action('add_router_interface', 'Add interface to router', '/network/v2.0/routers/:id/add_router_interface', {
        fields: [refers('subnet_id', 'subnet', { write: ['post'] }), refers('port_id', 'port', { write: ['post'] })],
      }),
      action('clear_gateway', 'Clear gateway', '/network/v2.0/routers/:id', {
        within: ['router', 'external_gateway_info'],
        needs: { field: 'external_gateway_info', reason: 'The router has no gateway.' },
      }),
    ],
  },
  spec('network', 'floatingip', '/network/v2.0/floatingips', [id, plainField('floating_ip_address')]),
  spec('network', 'security_group', '/network/v2.0/security-groups', [name, id]),
  spec('network', 'security_group_rule', '/network/v2.0/security-group-rules', [
    id,
    refers('security_group_id', 'security_group', given),
    plainField('direction', { enum: ['ingress', 'egress'], ...given }),
    plainField('protocol', { write: ['post'] }),
  ]),
  {
    ...spec('image', 'member', '/image/v2/images/:image_id/members', [
      plainField('id', { title: 'Member', write: ['post'], required: ['post'] }),
      plainField('status', { enum: ['pending', 'accepted'], write: ['put'] }),
    ]),
    below: { field: 'image_id', parent: { service: 'image', name: 'image' } },
  },
  {
    ...spec('identity', 'project', '/identity/v3/projects', [name, id]),
    may: { ...all, create: false, delete: false },
  },
];

export const ACTIONS: Actions = {
  server: [
    ['os-stop', 'Stop', ['active', 'error']] as const,
    ['os-start', 'Start', ['stopped']] as const,
    ['pause', 'Pause', ['active']] as const,
  ].map(([bodyKey, label, vm_state]) => ({
    action: bodyKey.replace('os-', ''),
    label,
    bodyKey,
    body: null,
    fields: [],
    from: { vm_state, task_state: [null] },
    microversion: null,
    may: true,
  })),
  statuses: { server: {}, volume: {} },
};
