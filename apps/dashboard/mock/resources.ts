import type { Actions, FieldSpec, ResourceSpec } from '../api/contract.js';

const field = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  name,
  type: 'text',
  write: [],
  required: [],
  filter: false,
  sort: false,
  ...more,
});
const id = field('id', { format: 'uuid' });
const name = field('name', { write: ['post', 'put'], required: ['post'], filter: true, sort: true });
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
    fields,
    may: all,
    madeBy: ['POST'],
    updateMethod: 'PUT',
    patchType: null,
    microversion: null,
  };
}

/** A few resources, of the shapes that the API has. */
export const RESOURCES: readonly ResourceSpec[] = [
  spec('compute', 'flavor', '/compute/v2.1/flavors', [
    name,
    id,
    field('ram', { type: 'int', write: ['post'], required: ['post'], sort: true }),
    field('vcpus', { type: 'int', write: ['post'], required: ['post'] }),
  ]),
  spec('image', 'image', '/image/v2/images', [
    name,
    id,
    field('status', { filter: true }),
    field('visibility', { enum: ['public', 'private'], write: ['post', 'put'], filter: true }),
  ]),
  spec('network', 'network', '/network/v2.0/networks', [
    name,
    id,
    field('admin_state_up', { type: 'bool', write: ['post', 'put'], filter: true, default: true }),
    field('mtu', { type: 'int', write: ['post', 'put'], min: 68, max: 65_535 }),
    field('subnets', { type: 'list' }),
  ]),
  spec('network', 'subnet', '/network/v2.0/subnets', [
    name,
    id,
    field('network_id', { write: ['post'], required: ['post'], refersTo: { service: 'network', name: 'network' } }),
    field('cidr', { write: ['post'], required: ['post'] }),
  ]),
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
    from: { vm_state, task_state: [null] },
    may: true,
  })),
};
