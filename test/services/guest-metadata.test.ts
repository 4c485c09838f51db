import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { HostRole } from '#services/keystone/host-users';
import { ServiceApi } from '../setup/service-api.js';

const agent: HostRole = { binary: 'neutron-agent', machine: 'machine' };

describe('What a guest is told of itself', () => {
  let api: ServiceApi;
  const server = randomUUID();
  const network = { id: randomUUID(), name: 'n', project_id: 'p', segmentation_id: 1, mtu: 1400 };
  /** The same addresses, on another tenant's network, by a port that is no server's. */
  const other = { id: randomUUID(), name: 'o', project_id: 'q', segmentation_id: 2 };
  const subnet = (network_id: string, more: object = {}) => ({
    id: randomUUID(),
    network_id,
    project_id: 'p',
    ip_version: 4,
    cidr: '10.0.1.0/24',
    gateway_ip: '10.0.1.1',
    dns_nameservers: ['9.9.9.9'],
    allocation_pools: [],
    ...more,
  });
  const v4 = subnet(network.id, {
    host_routes: [{ destination: '192.168.0.0/20', nexthop: '10.0.1.9' }],
    enable_dhcp: false,
  });
  const v6 = subnet(network.id, {
    ip_version: 6,
    cidr: 'fd00:1::/64',
    gateway_ip: 'fd00:1::1',
    ipv6_address_mode: 'slaac',
    dns_nameservers: [],
  });
  const elsewhere = subnet(other.id);

  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    const { db } = api.services;
    await db.network.createMany({ data: [network, other] });
    await db.subnet.createMany({ data: [v4, v6, elsewhere] });
    await db.keypair.create({
      data: { user_id: 'u', name: 'mine', public_key: 'ssh-ed25519 AAAA', fingerprint: 'f', type: 'ssh' },
    });
    await db.server.create({
      data: {
        id: server,
        project_id: 'p',
        user_id: 'u',
        name: 'web',
        hostname: 'web',
        flavor: { name: 'm1.tiny' },
        flavor_id: '1',
        vcpus: 1,
        ram: 64,
        host: 'host',
        machine: 'machine',
        vm_state: 'active',
        reservation_id: 'r-1',
        key_name: 'mine',
        user_data: 'aGk=',
        admin_pass: 'sealed',
        metadata: { role: 'front' },
        security_groups: ['default'],
        image_id: '12345678-0000-4000-8000-000000000000',
        block_devices: { create: [] },
      },
    });
    const port = (network_id: string, more: object) => ({
      id: randomUUID(),
      project_id: 'p',
      network_id,
      mac_address: 'fa:16:3e:00:00:01',
      ...more,
    });
    const card = port(network.id, {
      device_id: server,
      device_owner: 'compute:nova',
      binding_host_id: 'host',
      binding_vif_type: 'ovs',
    });
    // What a user wrote into a port of his own does not make it the server's.
    const claimed = port(other.id, { device_id: server, device_owner: 'compute:nova' });
    await db.port.createMany({ data: [card, claimed] });
    await db.ipAllocation.createMany({
      data: [
        { subnet_id: v4.id, ip_address: '10.0.1.11', port_id: card.id },
        { subnet_id: v6.id, ip_address: 'fd00:1::11', port_id: card.id },
        { subnet_id: elsewhere.id, ip_address: '10.0.1.12', port_id: claimed.id },
      ],
    });
  });
  afterAll(() => api.stop());
  const at = (asker: HostRole, networkId: string, ip: string) => api.services.nova.guestDataOf.at(asker, networkId, ip);

  it('is found by network and address, with its cards, and without what only a config drive has', async () => {
    const found = await at(agent, network.id, '10.0.1.11');
    expect(found).toMatchObject({
      uuid: server,
      meta: { role: 'front' },
      user_data: 'aGk=',
      public_keys: { mine: 'ssh-ed25519 AAAA' },
      ec2: {
        instance_id: expect.stringMatching(/^i-[0-9a-f]{8}$/) as string,
        ami_id: 'ami-12345678',
        instance_type: 'm1.tiny',
        local_ipv4: '10.0.1.11',
        block_devices: { ami: 'vda', root: '/dev/vda' },
      },
    });
    expect(JSON.stringify(found)).not.toContain('sealed');
    expect(found.network_data.links).toEqual([
      expect.objectContaining({ type: 'ovs', mtu: null, ethernet_mac_address: 'fa:16:3e:00:00:01' }),
    ]);
    const [link] = found.network_data.links;
    expect(found.network_data.networks).toEqual([
      {
        id: 'network0',
        type: 'ipv4',
        link: link?.id,
        network_id: network.id,
        ip_address: '10.0.1.11',
        netmask: '255.255.255.0',
        routes: [
          { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.0.1.1' },
          { network: '192.168.0.0', netmask: '255.255.240.0', gateway: '10.0.1.9' },
        ],
        services: [{ type: 'dns', address: '9.9.9.9' }],
      },
      expect.objectContaining({ id: 'network1', type: 'ipv6_slaac', netmask: 'ffff:ffff:ffff:ffff::' }),
    ]);
    expect(found.network_data.services).toEqual([{ type: 'dns', address: '9.9.9.9' }]);
  });

  it('is told to the agent of its own machine, and of those that have its network’s DHCP or a router of it, and to no other', async () => {
    const asked = (asker: HostRole) => at(asker, network.id, '10.0.1.11');
    const another: HostRole = { binary: 'neutron-agent', machine: 'another' };
    for (const asker of [{ binary: 'nova-compute', machine: 'machine' }, another] as const)
      await expect(asked(asker)).rejects.toMatchObject({ status: 404 });
    const { port } = api.services.db;
    const end = {
      id: randomUUID(),
      project_id: 'p',
      mac_address: 'fa:16:3e:00:00:0f',
      binding_host_id: 'another',
      device_id: 'r',
    };
    for (const device_owner of ['network:dhcp', 'network:router_interface']) {
      await port.create({ data: { ...end, network_id: other.id, device_owner } });
      await expect(asked(another)).rejects.toMatchObject({ status: 404 });
      await port.update({ where: { id: end.id }, data: { network_id: network.id } });
      expect((await asked(another)).uuid).toBe(server);
      await port.delete({ where: { id: end.id } });
    }
    // Another guest there is no reason.
    await port.create({ data: { ...end, network_id: network.id, device_owner: 'compute:nova' } });
    await expect(asked(another)).rejects.toMatchObject({ status: 404 });
    await port.delete({ where: { id: end.id } });
  });

  it('is not told to who has the address on another network, nor to a port that merely claims to be the server’s', async () => {
    await expect(at(agent, other.id, '10.0.1.11')).rejects.toMatchObject({ status: 404 });
    await expect(at(agent, other.id, '10.0.1.12')).rejects.toMatchObject({ status: 404 });
    await expect(at(agent, network.id, 'no address')).rejects.toMatchObject({ status: 404 });
  });

  it('is no user’s to ask for', async () => {
    const asked = `/internal/networks/${network.id}/guest-data?ip=10.0.1.11`;
    expect((await api.admin.request('GET', asked)).status).toBe(403);
  });
});
