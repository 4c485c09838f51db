import { Type } from 'typebox';
import { computed, json, text } from '../../kernel/resource/fields.js';
import { availabilityOf, type Availability } from '../ip-availability.js';
import { resource } from '../words.js';

const number = Type.Number();
const details = Type.Object({
  total_ips_in_subnet: number,
  total_ips_in_allocation_pool: number,
  used_ips_in_subnet: number,
  used_ips_in_allocation_pool: number,
});
const ofSubnet = Type.Object({
  subnet_id: Type.String(),
  subnet_name: Type.String(),
  ip_version: Type.Integer(),
  cidr: Type.String(),
  used_ips: number,
  total_ips: number,
  ip_availability_details: details,
});

/** How many addresses a network has, and how many are taken (neutron_lib/api/definitions/network_ip_availability.py and its details). */
export const networkIpAvailability = resource({
  names: ['network_ip_availability', 'network_ip_availabilities'],
  path: 'network-ip-availabilities',
  record: 'network',
  table: 'neutron.networks',
  actions: ['list', 'get'],
  owner: 'project_id',
  fields: {
    network_id: text({ column: 'id', filter: true, sort: true }),
    network_name: text({ column: 'name', filter: true }),
    project_id: text({ filter: true }),
    tenant_id: computed(Type.String(), (row: { project_id: string }) => row.project_id, {}),
    used_ips: json<number, object>(number, {}),
    total_ips: json<number, object>(number, {}),
    subnet_ip_availability: json<Availability['subnet_ip_availability'], object>(Type.Array(ofSubnet), {}),
    ip_availability_details: json<Availability['ip_availability_details'], object>(details, {}),
  },
  filters: {
    ip_version: (values) => ({ subnets: { some: { ip_version: { in: versionsOf(values) } } } }),
  },
  opened: ({ db }, networks, { ip_version }) =>
    availabilityOf(
      db,
      networks.map(({ id }) => id),
      ip_version && versionsOf(ip_version),
    ),
});

/** What is no version is of no subnet. */
const versionsOf = (values: readonly unknown[]): number[] => values.map(Number).filter((one) => [4, 6].includes(one));
