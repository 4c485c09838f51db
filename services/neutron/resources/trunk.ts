import { Type } from 'typebox';
import { bool, json, shownAs, text, uuid } from '../../kernel/resource/fields.js';
import { invalidAttribute } from '../refusals.js';
import { duplicateSubPort, trunkDisabled, trunkInUse } from '../trunks/refusals.js';
import { newTrunkPorts, whyNot, type SubPort, type SubPortRequest } from '../trunks/sub-ports.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const strict = { additionalProperties: false };
/** A port of a trunk, as requests write it. */
export const SubPortSchema = Type.Object(
  {
    port_id: Type.String({ format: 'uuid' }),
    segmentation_type: Type.Optional(Type.String({ maxLength: 32 })),
    segmentation_id: Type.Optional(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 })),
  },
  strict,
);
/** The same as it is shown. */
export const ShownSubPort = Type.Object(
  { port_id: Type.String(), segmentation_type: Type.String(), segmentation_id: Type.Integer() },
  strict,
);

/** A port whose guest reaches other ports, too, by VLANs (neutron_lib/api/definitions/trunk.py). */
export const trunk = resource({
  names: ['trunk', 'trunks'],
  record: 'trunk',
  table: 'neutron.trunks',
  include: { sub_ports: { orderBy: { segmentation_id: 'asc' } } },
  owner: 'project_id',
  quota: 'trunk',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    admin_state_up: bool({ default: true, ...both, filter: true, sort: true }),
    port_id: uuid({ required: true, write: ['post'], filter: true, sort: true }),
    status: text({ filter: true, sort: true }),
    sub_ports: shownAs(
      json<readonly SubPortRequest[], { write: readonly ['post']; column: '' }>(Type.Array(SubPortSchema), {
        write: ['post'],
        column: '',
      }),
      Type.Array(ShownSubPort),
      ({ sub_ports }: { sub_ports: readonly SubPort[] }) =>
        sub_ports.map(({ port_id, segmentation_type, segmentation_id }) => ({
          port_id,
          segmentation_type,
          segmentation_id,
        })),
    ),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  plan(_at, { sub_ports = [] }) {
    const why = whyNot(sub_ports);
    if (why !== undefined) throw invalidAttribute('sub_ports', why);
    return {};
  },
  async beforeCreate(at, _data, { port_id, sub_ports = [] }) {
    return { sub_ports: { create: await newTrunkPorts(at, port_id, sub_ports) } };
  },
  async beforeDelete({ tx }, { id, admin_state_up, port_id }) {
    if (!admin_state_up) throw trunkDisabled(id);
    const parent = await tx.port.findUnique({ where: { id: port_id }, select: { binding_host_id: true } });
    if (parent !== null && parent.binding_host_id !== '') throw trunkInUse(id);
  },
  // Of two ports that inherit one VLAN the second finds it taken.
  taken: ({ id }) => duplicateSubPort('vlan', 0, String(id)),
});
