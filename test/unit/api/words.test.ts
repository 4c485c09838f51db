import { expect, it } from 'vitest';
import { words } from '#apps/api/dashboard/words';

it.each([
  ['availability_zone_hints', 'Availability zone hints'],
  ['os-resetState', 'Reset state'],
  ['floatingips', 'Floating IPs'],
  ['fixed_ips', 'Fixed IPs'],
  ['qos_policy_id', 'QoS policy id'],
  ['rbac_policies', 'RBAC policies'],
  ['subnetpools', 'Subnet pools'],
  ['zip', 'Zip'],
])('the name %s is read as %s', (name, read) => {
  expect(words(name)).toBe(read);
});
