import { text } from '../../kernel/resource/fields.js';
import { seesNetwork } from '../visibility.js';
import { resource } from '../words.js';

/** Where floating IPs come from: the IPv4 subnets of external networks, each as one of the asker's own (neutron_lib/api/definitions/floatingip_pools.py). */
export const floatingipPool = resource({
  names: ['floatingip_pool', 'floatingip_pools'],
  path: 'floatingip_pools',
  record: 'subnet',
  table: 'neutron.subnets',
  actions: ['list'],
  only: { ip_version: 4, network: { external: true } },
  ownerless: true,
  fields: {
    subnet_id: text({ column: 'id' }),
    subnet_name: text({ column: 'name' }),
    network_id: text({}),
    cidr: text({}),
    project_id: text({}),
  },
  visible: (ctx) => ({ network: seesNetwork(ctx) }),
});
