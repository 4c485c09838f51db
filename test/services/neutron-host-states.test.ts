import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';
import { V2, makeNetwork } from '../setup/neutron.js';

let cloud: ServiceApi;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
});
afterAll(() => cloud.stop());

describe('What the network of a host is to be', () => {
  /** @returns the networks and ports of guests that a host with this network driver is told of */
  const toldTo = async (driver: string) => {
    const host = `host-${driver}`;
    await cloud.services.neutron.agentReports.report(host, { driver });
    const { network } = await makeNetwork(cloud.admin, '10.9.0.0/24');
    const body = { port: { network_id: network, device_owner: 'compute:nova', 'binding:host_id': host } };
    const { port } = await cloud.admin.call<{ port: { id: string } }>('POST', `${V2}/ports`, body);
    const state = await cloud.services.neutron.hosts.next(host, undefined, AbortSignal.timeout(1_000));
    return { network, port: port.id, state };
  };

  it.each(['linux', 'user'])(
    'is the networks of its guests, with their subnets, where the driver is %s',
    async (driver) => {
      const { network, port, state } = await toldTo(driver);
      expect(state?.ports.map(({ id }) => id)).toEqual([port]);
      expect(state?.networks.map(({ id, subnets }) => [id, subnets.map(({ cidr }) => cidr)])).toEqual([
        [network, ['10.9.0.0/24']],
      ]);
    },
  );

  it('is nothing where cards are joined to nothing', async () => {
    const { state } = await toldTo('fake');
    expect(state).toMatchObject({ ports: [], networks: [] });
  });
});
