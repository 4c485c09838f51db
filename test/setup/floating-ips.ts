import type { Tenant } from './tenant.js';

type Made<K extends string> = Record<K, { id: string }>;

/** A network outside with addresses for floating IPs. @returns its name, by which Nova calls it a pool, and its id */
export async function outsideOf({ admin, userName }: Tenant): Promise<{ name: string; id: string }> {
  const name = `${userName}-outside`;
  const { network } = await admin.call<Made<'network'>>('POST', '/network/v2.0/networks', {
    network: { name, 'router:external': true },
  });
  await admin.call('POST', '/network/v2.0/subnets', {
    subnet: { network_id: network.id, ip_version: 4, cidr: '203.0.113.0/24' },
  });
  return { name, id: network.id };
}

/** A floating IP of a tenant's project that stands for nothing yet, on a network of its own. */
export async function floatingIpOf(tenant: Tenant): Promise<{ id: string; pool: string; address: string }> {
  const outside = await outsideOf(tenant);
  const { floatingip } = await tenant.api.call<{ floatingip: { id: string; floating_ip_address: string } }>(
    'POST',
    '/network/v2.0/floatingips',
    { floatingip: { floating_network_id: outside.id } },
  );
  return { id: floatingip.id, pool: outside.name, address: floatingip.floating_ip_address };
}
