import { text } from '../../../kernel/resource/fields.js';
import { view } from '../../words.js';
import { LAST_PROXY } from './last-proxy.js';

/** A floating IP as Nova shows Neutron's (nova/api/openstack/compute/floating_ips.py: FloatingIPController). */
export const floatingIp = view({
  names: ['floating_ip', 'floating_ips'],
  path: 'os-floating-ips',
  until: LAST_PROXY,
  actions: ['list', 'get', 'create', 'delete'],
  rules: {
    list: 'os_compute_api:os-floating-ips:list',
    get: 'os_compute_api:os-floating-ips:show',
    create: 'os_compute_api:os-floating-ips:create',
    delete: 'os_compute_api:os-floating-ips:delete',
  },
  fields: {
    id: text({}),
    ip: text({}),
    fixed_ip: text({ nullable: true }),
    instance_id: text({ nullable: true }),
    pool: text({ nullable: true, write: ['post'] }),
  },
});

/** An external network by its name, or by its id where it has none (floating_ip_pools.py). */
export const floatingIpPool = view({
  names: ['floating_ip_pool', 'floating_ip_pools'],
  path: 'os-floating-ip-pools',
  key: 'name',
  until: LAST_PROXY,
  actions: ['list'],
  rules: { list: 'os_compute_api:os-floating-ip-pools' },
  fields: { name: text({}) },
});
