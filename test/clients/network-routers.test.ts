import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { clientOf } from './client.js';

const cloud = provided('fake');
const demo = clientOf(cloud);
const admin = clientOf(cloud, { OS_CLOUD: 'novaflow-admin' });

interface Made {
  readonly id: string;
}
interface Router extends Made {
  readonly routes: object[];
  readonly external_gateway_info: {
    readonly network_id: string;
    readonly external_fixed_ips: { ip_address: string }[];
  };
}
type Row = Readonly<Record<string, unknown>>;

/** A network with a subnet, both by one name. @returns the network */
async function inner(name: string, cidr: string): Promise<Made> {
  const made = await demo.json<Made>('network', 'create', name);
  await demo.openstack('subnet', 'create', '--network', made.id, '--subnet-range', cidr, name);
  return made;
}

describe('the unmodified openstack client', () => {
  /** Where routers have their way out. */
  let outside: Made;
  beforeAll(async () => {
    outside = await admin.json<Made>('network', 'create', '--external', '--default', 'cli-outside');
    await admin.openstack(
      'subnet',
      'create',
      '--network',
      outside.id,
      '--subnet-range',
      '203.0.113.0/24',
      '--no-dhcp',
      'cli-outside',
    );
  });
  afterAll(() => admin.openstack('network', 'delete', outside.id));

  it.concurrent('joins subnets by a router, by their names and by a port, and parts them', async () => {
    const [one, two] = await Promise.all([inner('cli-r1', '10.85.1.0/24'), inner('cli-r2', '10.85.2.0/24')]);
    const made = await demo.json<Made>('router', 'create', '--description', 'made', 'cli-router');
    expect(made).toMatchObject({ admin_state_up: true, status: 'ACTIVE', external_gateway_info: null, routes: [] });
    await demo.openstack('router', 'add', 'subnet', 'cli-router', 'cli-r1');
    const port = await demo.json<Made>('port', 'create', '--network', two.id, 'cli-r2');
    await demo.openstack('router', 'add', 'port', 'cli-router', 'cli-r2');
    const { interfaces_info } = await demo.json<{ interfaces_info: { port_id: string; ip_address: string }[] }>(
      'router',
      'show',
      'cli-router',
    );
    expect(interfaces_info).toHaveLength(2);
    expect(interfaces_info).toContainEqual(expect.objectContaining({ ip_address: '10.85.1.1' }));
    expect(interfaces_info).toContainEqual(expect.objectContaining({ port_id: port.id }));
    expect(await demo.json<Row[]>('port', 'list', '--router', 'cli-router', '--long')).toHaveLength(2);
    await expect(demo.openstack('router', 'delete', 'cli-router')).rejects.toThrow(/has ports still attached/);
    await demo.openstack('router', 'remove', 'subnet', 'cli-router', 'cli-r1');
    await demo.openstack('router', 'remove', 'port', 'cli-router', 'cli-r2');
    await demo.openstack('router', 'set', '--disable', '--name', 'cli-router-2', made.id);
    expect(await demo.json<Row[]>('router', 'list', '--disable', '--name', 'cli-router-2')).toEqual([
      expect.objectContaining({ ID: made.id, State: false, Status: 'ACTIVE' }),
    ]);
    await demo.openstack('router', 'delete', 'cli-router-2');
    for (const { id } of [one, two]) await demo.openstack('network', 'delete', id);
  });

  it.concurrent('gives a router its way out and further routes, and takes them back', async () => {
    const { id: on } = await inner('cli-routes', '10.86.0.0/24');
    const gateway = ['--external-gateway', 'cli-outside'];
    const made = await demo.json<Router>('router', 'create', ...gateway, 'cli-routes');
    expect(made.external_gateway_info).toMatchObject({ network_id: outside.id, enable_snat: true });
    await demo.openstack('router', 'add', 'subnet', 'cli-routes', 'cli-routes');
    const first = ['--route', 'destination=10.87.0.0/24,gateway=10.86.0.7'];
    const second = ['--route', 'destination=10.88.0.0/24,gateway=10.86.0.8'];
    const routes = async (): Promise<object[]> => (await demo.json<Router>('router', 'show', 'cli-routes')).routes;
    await demo.openstack('router', 'set', ...first, 'cli-routes');
    expect(await routes()).toEqual([{ destination: '10.87.0.0/24', nexthop: '10.86.0.7' }]);
    expect((await demo.json<Router>('router', 'add', 'route', ...second, 'cli-routes')).routes).toHaveLength(2);
    await expect(
      demo.openstack('router', 'add', 'route', '--route', 'destination=10.89.0.0/24,gateway=192.0.2.1', 'cli-routes'),
    ).rejects.toThrow(/not connected|nexthop/i);
    await demo.openstack('router', 'remove', 'route', ...first, 'cli-routes');
    await demo.openstack('router', 'unset', ...second, 'cli-routes');
    expect(await routes()).toEqual([]);
    await admin.openstack(
      'router',
      'set',
      ...gateway,
      '--disable-snat',
      '--fixed-ip',
      'ip-address=203.0.113.86',
      made.id,
    );
    expect((await admin.json<Router>('router', 'show', made.id)).external_gateway_info).toMatchObject({
      enable_snat: false,
      external_fixed_ips: [{ ip_address: '203.0.113.86' }],
    });
    await demo.openstack('router', 'unset', '--external-gateway', 'cli-routes');
    expect(await demo.json('router', 'show', 'cli-routes')).toMatchObject({ external_gateway_info: null });
    await demo.openstack('router', 'remove', 'subnet', 'cli-routes', 'cli-routes');
    await demo.openstack('router', 'delete', 'cli-routes');
    await demo.openstack('network', 'delete', on);
  });

  it.concurrent('puts a floating IP before a port and takes it away, and forwards ports of another', async () => {
    const { id: on } = await inner('cli-floating', '10.90.0.0/24');
    const router = ['router', 'create', '--external-gateway', 'cli-outside', 'cli-floating'];
    await demo.openstack(...router);
    await demo.openstack('router', 'add', 'subnet', 'cli-floating', 'cli-floating');
    const port = await demo.json<Made>(
      'port',
      'create',
      '--network',
      on,
      '--fixed-ip',
      'ip-address=10.90.0.9',
      'cli-floating',
    );
    const create = ['floating', 'ip', 'create'];
    const asked = ['--floating-ip-address', '203.0.113.90', '--description', 'asked for', 'cli-outside'];
    await expect(demo.openstack(...create, ...asked)).rejects.toThrow(/disallowed by policy/);
    const whole = await demo.json<Made & { floating_ip_address: string }>(...create, '--port', port.id, 'cli-outside');
    expect(whole).toMatchObject({ port_id: port.id, fixed_ip_address: '10.90.0.9', floating_network_id: outside.id });
    const address = whole.floating_ip_address;
    expect(await demo.json<Row[]>('floating', 'ip', 'list', '--long', '--port', 'cli-floating')).toEqual([
      expect.objectContaining({ ID: whole.id, 'Floating IP Address': address, 'Fixed IP Address': '10.90.0.9' }),
    ]);
    await demo.openstack('floating', 'ip', 'unset', '--port', address);
    expect(await demo.json('floating', 'ip', 'show', address)).toMatchObject({ port_id: null, status: 'DOWN' });
    await demo.openstack('floating', 'ip', 'set', '--description', 'free', address);

    const forwarding = ['floating', 'ip', 'port', 'forwarding'];
    const to = ['--internal-ip-address', '10.90.0.9', '--port', port.id, '--internal-protocol-port', '22'];
    const made = await demo.json<Made>(
      ...forwarding,
      'create',
      ...to,
      '--external-protocol-port',
      '2222',
      '--protocol',
      'tcp',
      address,
    );
    expect(made).toMatchObject({ internal_port_id: port.id, external_port: 2222, internal_port: 22, protocol: 'tcp' });
    const other = ['--external-protocol-port', '2223', '--description', 'moved'];
    await demo.openstack(...forwarding, 'set', ...other, address, made.id);
    expect(await demo.json(...forwarding, 'show', address, made.id)).toMatchObject({
      external_port: 2223,
      description: 'moved',
    });
    expect(await demo.json<Row[]>(...forwarding, 'list', address, '--protocol', 'tcp')).toEqual([
      expect.objectContaining({ ID: made.id, 'External Port': 2223, 'Internal IP Address': '10.90.0.9' }),
    ]);
    await demo.openstack(...forwarding, 'delete', address, made.id);
    expect(await demo.json<Row[]>(...forwarding, 'list', address)).toEqual([]);

    await demo.openstack('floating', 'ip', 'delete', address);
    expect(await demo.json<Row[]>('floating', 'ip', 'list', '--floating-ip-address', address)).toEqual([]);
    await demo.openstack('port', 'delete', port.id);
    await demo.openstack('router', 'remove', 'subnet', 'cli-floating', 'cli-floating');
    await demo.openstack('router', 'delete', 'cli-floating');
    await demo.openstack('network', 'delete', on);
  });

  it.concurrent('says how many addresses of a network are taken', async () => {
    const { id } = await inner('cli-taken', '10.91.0.0/28');
    for (const name of ['cli-taken-1', 'cli-taken-2']) await demo.openstack('port', 'create', '--network', id, name);
    expect(await admin.json('ip', 'availability', 'show', 'cli-taken')).toMatchObject({
      network_id: id,
      total_ips: 13,
      used_ips: 2,
      subnet_ip_availability: [expect.objectContaining({ cidr: '10.91.0.0/28', used_ips: 2 })],
    });
    expect(await admin.json<Row[]>('ip', 'availability', 'list', '--ip-version', '4')).toContainEqual(
      expect.objectContaining({ 'Network ID': id, 'Total IPs': 13, 'Used IPs': 2 }),
    );
    await demo.openstack('port', 'delete', 'cli-taken-1', 'cli-taken-2');
    await demo.openstack('network', 'delete', id);
  });
});
