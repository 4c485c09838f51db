import { Type } from 'typebox';
import { always, bool, computed, json, text, time, uuid } from '../../kernel/resource/fields.js';
import { resource } from '../words.js';

const listed = { filter: true, sort: true } as const;

/** An agent, once it is known whether its host still reports it: the database's clock decides that (agents.ts). */
interface Seen {
  readonly id: string;
  readonly alive?: boolean;
}

/**
 * An agent of a host (neutron_lib/api/definitions/agent.py). A neutron-agent role reports one for each kind of work that it does,
 * so `openstack network agent list` shows what an operator of Neutron looks for.
 */
export const agent = resource({
  names: ['agent', 'agents'],
  record: 'networkAgent',
  table: 'neutron.agents',
  ownerless: true,
  actions: ['list', 'get', 'update', 'delete'],
  fields: {
    id: uuid(listed),
    agent_type: text({ max: 255, ...listed }),
    binary: text({ max: 255, ...listed }),
    topic: text({ max: 255, ...listed }),
    host: text({ max: 255, ...listed }),
    admin_state_up: bool({ write: ['put'], ...listed }),
    description: text({ max: 255, nullable: true, write: ['put'], ...listed }),
    availability_zone: text({ max: 255, nullable: true, filter: true }),
    alive: computed(Type.Boolean(), ({ alive }: Seen) => alive === true, { column: '' }),
    configurations: json<object, object>(Type.Record(Type.String(), Type.Unknown()), {}),
    resources_synced: always(null, Type.Null()),
    created_at: time({ sort: true }),
    started_at: time({ sort: true }),
    heartbeat_timestamp: time({ sort: true }),
  },
  filters: {
    alive: async (values, { parts }) => {
      const alive = await parts.aliveAgents();
      return values.at(-1)?.toLowerCase() === 'true' ? { id: { in: alive } } : { id: { notIn: alive } };
    },
  },
});
