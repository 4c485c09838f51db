import { Type } from 'typebox';
import { computed, text, time, int, listOf, uuid } from '../../kernel/resource/fields.js';
import { resource } from '../words.js';

const listed = { filter: true, sort: true } as const;
const both = { write: ['post', 'put'], ...listed } as const;
interface Row {
  readonly network: {
    readonly network_type: string;
    readonly physical_network: string | null;
    readonly segmentation_id: number;
  };
}

/**
 * A segment of a network (neutron_lib/api/definitions/segment.py). A network of this cloud is one VXLAN on all hosts: its one
 * segment is made with it and goes with it, so nobody makes or deletes one by itself.
 */
export const segment = resource({
  names: ['segment', 'segments'],
  record: 'segment',
  table: 'neutron.segments',
  include: { network: { select: { network_type: true, physical_network: true, segmentation_id: true } } },
  actions: ['list', 'get', 'update'],
  revisions: true,
  tags: true,
  ownerless: true,
  fields: {
    id: uuid(listed),
    network_id: uuid(listed),
    network_type: computed(Type.String(), ({ network }: Row) => network.network_type, {}),
    physical_network: computed(
      Type.Union([Type.String(), Type.Null()]),
      ({ network }: Row) => network.physical_network,
      {},
    ),
    segmentation_id: computed(Type.Integer(), ({ network }: Row) => network.segmentation_id, {}),
    name: text({ max: 255, nullable: true, ...both }),
    description: text({ max: 255, nullable: true, ...both }),
    tags: listOf<string, object>(Type.String(), {}),
    created_at: time(listed),
    updated_at: time(listed),
    revision_number: int(listed),
  },
  filters: {
    network_type: (values) => ({ network: { network_type: { in: [...values] } } }),
    physical_network: (values) => ({ network: { physical_network: { in: [...values] } } }),
  },
});
