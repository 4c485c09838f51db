import { describe, expect, inject as provided, it } from 'vitest';
import { clientOf } from './client.js';

const cloud = provided('fake');
const demo = clientOf(cloud);
const admin = clientOf(cloud, { OS_CLOUD: 'novaflow-admin' });

interface Made {
  readonly id: string;
}
type Row = Readonly<Record<string, unknown>>;
const names = async (...list: string[]): Promise<unknown[]> =>
  (await demo.json<Row[]>(...list)).map(({ Name }) => Name);
/** A network of the test's own. */
const network = (name: string, ...options: string[]): Promise<Made> => demo.json('network', 'create', ...options, name);
const subnet = (name: string, on: string, cidr: string, ...options: string[]): Promise<Made> =>
  demo.json('subnet', 'create', '--network', on, '--subnet-range', cidr, ...options, name);

describe('the unmodified openstack client', () => {
  it.concurrent('makes a network, finds it by each way to ask for it, changes and deletes it', async () => {
    const made = await network('cli-net', '--description', 'made', '--mtu', '1400', '--disable-port-security');
    expect(made).toMatchObject({
      description: 'made',
      mtu: 1400,
      admin_state_up: true,
      port_security_enabled: false,
      shared: false,
      'router:external': false,
      status: 'ACTIVE',
      subnets: [],
    });
    await demo.openstack('network', 'set', '--name', 'cli-net-2', '--disable', '--enable-port-security', 'cli-net');
    const shown = { id: made.id, admin_state_up: false, port_security_enabled: true, description: 'made' };
    expect(await demo.json('network', 'show', 'cli-net-2')).toMatchObject(shown);
    expect(await names('network', 'list', '--disable')).toContain('cli-net-2');
    expect(await names('network', 'list', '--enable')).not.toContain('cli-net-2');
    expect(await names('network', 'list', '--internal', '--no-share', '--name', 'cli-net-2')).toEqual(['cli-net-2']);
    expect(await demo.json<Row[]>('network', 'list', '--long', '--name', 'cli-net-2')).toEqual([
      expect.objectContaining({ ID: made.id, Status: 'ACTIVE', State: false, Shared: false, 'Router Type': false }),
    ]);
    await demo.openstack('network', 'delete', 'cli-net-2');
    await expect(demo.openstack('network', 'show', made.id)).rejects.toThrow(/No Network found/);
  });

  it.concurrent('shows an administrator how a network is built, and nobody else', async () => {
    const built = ['--provider-network-type', 'vxlan', '--provider-segment', '16000001'];
    const { id } = await admin.json<Made>('network', 'create', '--share', ...built, 'cli-vxlan');
    const provider = { 'provider:network_type': 'vxlan', 'provider:segmentation_id': 16_000_001 };
    expect(await admin.json('network', 'show', 'cli-vxlan')).toMatchObject({ shared: true, ...provider });
    const found = await admin.json<Row[]>('network', 'list', '--provider-segment', '16000001');
    expect(found).toEqual([expect.objectContaining({ ID: id })]);
    expect(await demo.json('network', 'show', 'cli-vxlan')).toMatchObject({ id, 'provider:network_type': null });
    await expect(network('cli-refused', ...built)).rejects.toThrow(/disallowed by policy/);
    await admin.openstack('network', 'delete', id);
  });

  it.concurrent('makes a subnet with all that DHCP tells of it, and takes parts of that back', async () => {
    const on = await network('cli-subnets');
    const told = ['--dns-nameserver', '192.0.2.53', '--host-route', 'destination=10.9.0.0/16,gateway=10.81.0.9'];
    const pool = ['--allocation-pool', 'start=10.81.0.20,end=10.81.0.40', '--gateway', '10.81.0.2'];
    const made = await subnet('cli-subnet', on.id, '10.81.0.0/24', ...told, ...pool);
    expect(made).toMatchObject({
      cidr: '10.81.0.0/24',
      gateway_ip: '10.81.0.2',
      enable_dhcp: true,
      ip_version: 4,
      network_id: on.id,
      dns_nameservers: ['192.0.2.53'],
      allocation_pools: [{ start: '10.81.0.20', end: '10.81.0.40' }],
      host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.81.0.9' }],
    });
    await demo.openstack('subnet', 'set', '--no-dhcp', '--dns-nameserver', '192.0.2.54', '--gateway', 'none', made.id);
    await demo.openstack('subnet', 'unset', '--dns-nameserver', '192.0.2.53', made.id);
    await demo.openstack('subnet', 'unset', '--host-route', 'destination=10.9.0.0/16,gateway=10.81.0.9', made.id);
    expect(await demo.json('subnet', 'show', 'cli-subnet')).toMatchObject({
      gateway_ip: null,
      enable_dhcp: false,
      dns_nameservers: ['192.0.2.54'],
      host_routes: [],
    });
    expect(await names('subnet', 'list', '--network', on.id, '--no-dhcp')).toEqual(['cli-subnet']);
    expect(await names('subnet', 'list', '--network', on.id, '--dhcp')).toEqual([]);
    expect(await demo.json<Row[]>('subnet', 'list', '--long', '--subnet-range', '10.81.0.0/24')).toEqual([
      expect.objectContaining({ ID: made.id, Network: on.id, Subnet: '10.81.0.0/24', DHCP: false, 'IP Version': 4 }),
    ]);
    await expect(subnet('cli-twice', on.id, '10.81.0.128/25')).rejects.toThrow(/overlap/i);
    await demo.openstack('subnet', 'delete', 'cli-subnet');
    await demo.openstack('network', 'delete', on.id);
  });

  it.concurrent('makes a subnet of IPv6 whose addresses come by router advertisements', async () => {
    const on = await network('cli-six');
    const modes = [
      '--ip-version',
      '6',
      '--ipv6-ra-mode',
      'dhcpv6-stateless',
      '--ipv6-address-mode',
      'dhcpv6-stateless',
    ];
    const made = await subnet('cli-six', on.id, '2001:db8:81::/64', ...modes);
    const expected = { ip_version: 6, ipv6_ra_mode: 'dhcpv6-stateless', ipv6_address_mode: 'dhcpv6-stateless' };
    expect(made).toMatchObject({ ...expected, gateway_ip: '2001:db8:81::1' });
    expect(await names('subnet', 'list', '--ip-version', '6', '--network', on.id)).toEqual(['cli-six']);
    await demo.openstack('network', 'delete', on.id);
  });

  it.concurrent('takes subnets out of a pool that is in a scope, until no range is left', async () => {
    const scope = await demo.json<Made>('address', 'scope', 'create', '--ip-version', '4', 'cli-scope');
    const lengths = ['--default-prefix-length', '26', '--min-prefix-length', '26', '--max-prefix-length', '28'];
    const prefix = ['--pool-prefix', '10.82.0.0/25', '--address-scope', 'cli-scope'];
    const pool = await demo.json<Made>('subnet', 'pool', 'create', ...lengths, ...prefix, 'cli-pool');
    expect(pool).toMatchObject({
      address_scope_id: scope.id,
      prefixes: ['10.82.0.0/25'],
      default_prefixlen: 26,
      ip_version: 4,
      shared: false,
    });
    const { id: on } = await network('cli-pooled');
    const out = (name: string): Promise<Made> =>
      demo.json('subnet', 'create', '--network', on, '--subnet-pool', 'cli-pool', name);
    expect(await out('cli-pooled-1')).toMatchObject({ cidr: '10.82.0.0/26', subnetpool_id: pool.id });
    expect(await out('cli-pooled-2')).toMatchObject({ cidr: '10.82.0.64/26' });
    await expect(out('cli-pooled-3')).rejects.toThrow(/Insufficient prefix space/);
    await demo.openstack('subnet', 'pool', 'set', '--pool-prefix', '10.82.1.0/25', '--description', 'more', 'cli-pool');
    expect(await out('cli-pooled-3')).toMatchObject({ cidr: '10.82.1.0/26' });
    expect(await demo.json('network', 'show', on)).toMatchObject({ ipv4_address_scope: scope.id });
    expect(await names('subnet', 'list', '--subnet-pool', 'cli-pool')).toHaveLength(3);
    expect(await names('subnet', 'pool', 'list', '--address-scope', 'cli-scope', '--no-default')).toEqual(['cli-pool']);
    await demo.openstack('address', 'scope', 'set', '--name', 'cli-scope-2', 'cli-scope');
    expect(await names('address', 'scope', 'list', '--ip-version', '4', '--no-share')).toContain('cli-scope-2');
    await expect(demo.openstack('address', 'scope', 'delete', 'cli-scope-2')).rejects.toThrow(/in use/);
    await demo.openstack('network', 'delete', on);
    await demo.openstack('subnet', 'pool', 'delete', 'cli-pool');
    await demo.openstack('address', 'scope', 'delete', 'cli-scope-2');
  });

  it.concurrent('puts addresses into a group and takes them out', async () => {
    const group = ['address', 'group'];
    const given = ['--address', '10.83.0.1', '--address', '2001:db8:83::/48'];
    const made = await demo.json<Made>(...group, 'create', '--description', 'made', ...given, 'cli-addresses');
    expect(made).toMatchObject({ description: 'made', addresses: ['10.83.0.1/32', '2001:db8:83::/48'] });
    await demo.openstack(...group, 'set', '--name', 'cli-addresses-2', '--address', '10.83.1.0/24', 'cli-addresses');
    await demo.openstack(...group, 'unset', '--address', '10.83.0.1', 'cli-addresses-2');
    const { addresses } = await demo.json<{ addresses: string[] }>(...group, 'show', 'cli-addresses-2');
    expect(addresses.toSorted()).toEqual(['10.83.1.0/24', '2001:db8:83::/48']);
    expect(await names(...group, 'list', '--name', 'cli-addresses-2')).toEqual(['cli-addresses-2']);
    await demo.openstack(...group, 'delete', 'cli-addresses-2');
    expect(await names(...group, 'list')).not.toContain('cli-addresses-2');
  });

  it.concurrent('makes a port with addresses, pairs and options, finds it by them, and takes them back', async () => {
    const { id: on } = await network('cli-ports');
    const { id: within } = await subnet('cli-ports', on, '10.84.0.0/24');
    const made = await demo.json<Made>(
      'port',
      'create',
      '--network',
      'cli-ports',
      '--description',
      'made',
      '--device-owner',
      'lab:box',
      '--fixed-ip',
      'subnet=cli-ports,ip-address=10.84.0.44',
      '--mac-address',
      'fa:16:3e:84:00:44',
      '--allowed-address',
      'ip-address=10.84.0.99',
      '--extra-dhcp-option',
      'name=mtu,value=1400',
      'cli-port',
    );
    expect(made).toMatchObject({
      network_id: on,
      mac_address: 'fa:16:3e:84:00:44',
      fixed_ips: [{ subnet_id: within, ip_address: '10.84.0.44' }],
      allowed_address_pairs: [{ ip_address: '10.84.0.99', mac_address: 'fa:16:3e:84:00:44' }],
      extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1400', ip_version: 4 }],
      port_security_enabled: true,
      status: 'DOWN',
    });
    const list = (...by: string[]): Promise<unknown[]> => names('port', 'list', ...by);
    expect(await list('--network', 'cli-ports', '--device-owner', 'lab:box')).toEqual(['cli-port']);
    expect(await list('--fixed-ip', 'subnet=cli-ports,ip-address=10.84.0.44')).toEqual(['cli-port']);
    expect(await list('--fixed-ip', 'ip-substring=84.0.4', '--network', on)).toEqual(['cli-port']);
    expect(await list('--mac-address', 'fa:16:3e:84:00:44')).toEqual(['cli-port']);
    await demo.openstack('port', 'set', '--disable', '--fixed-ip', 'subnet=cli-ports', '--name', 'cli-port-2', made.id);
    const { fixed_ips } = await demo.json<{ fixed_ips: Row[] }>('port', 'show', 'cli-port-2');
    expect(fixed_ips).toHaveLength(2);
    await demo.openstack(
      'port',
      'unset',
      '--fixed-ip',
      'subnet=cli-ports,ip-address=10.84.0.44',
      '--device-owner',
      '--allowed-address',
      'ip-address=10.84.0.99,mac-address=fa:16:3e:84:00:44',
      made.id,
    );
    expect(await demo.json('port', 'show', made.id)).toMatchObject({
      admin_state_up: false,
      fixed_ips: [{ subnet_id: within }],
      allowed_address_pairs: [],
      device_owner: '',
    });
    await demo.openstack('port', 'set', '--no-security-group', '--disable-port-security', made.id);
    expect(await demo.json('port', 'show', made.id)).toMatchObject({
      security_group_ids: [],
      port_security_enabled: false,
    });
    await expect(demo.openstack('network', 'delete', on)).rejects.toThrow(/in use/);
    await demo.openstack('port', 'delete', made.id);
    await demo.openstack('network', 'delete', on);
  });

  it.concurrent('tags what Neutron has, finds it by its tags, and takes them off', async () => {
    const tagged = ['network', 'create', '--tag', 'cli-red', '--tag', 'cli-blue', 'cli-tagged'];
    expect(await demo.json<{ tags: string[] }>(...tagged)).toMatchObject({ tags: ['cli-blue', 'cli-red'] });
    const list = (...by: string[]): Promise<unknown[]> => names('network', 'list', ...by);
    expect(await list('--tags', 'cli-red,cli-blue')).toEqual(['cli-tagged']);
    expect(await list('--any-tags', 'cli-red,cli-none')).toEqual(['cli-tagged']);
    expect(await list('--tags', 'cli-red,cli-none')).toEqual([]);
    expect(await list('--not-tags', 'cli-red', '--name', 'cli-tagged')).toEqual([]);
    await demo.openstack('network', 'set', '--tag', 'cli-green', 'cli-tagged');
    await demo.openstack('network', 'unset', '--tag', 'cli-red', 'cli-tagged');
    expect(await demo.json('network', 'show', 'cli-tagged')).toMatchObject({ tags: ['cli-blue', 'cli-green'] });
    await demo.openstack('network', 'unset', '--all-tag', 'cli-tagged');
    expect(await demo.json('network', 'show', 'cli-tagged')).toMatchObject({ tags: [] });
    await demo.openstack('network', 'delete', 'cli-tagged');
  });
});
