import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NetworkReport, SubnetOfHost } from '#drivers/network/state';
import { UserNetwork } from '#drivers/network/user';
import { userNetworkOptions } from '#drivers/network/user-options';
import { network, port, stateOf } from '../../setup/network-guests.js';

const subnet = (cidr: string, gatewayIp: string | null): SubnetOfHost => ({
  id: 's',
  cidr,
  version: 4,
  gatewayIp,
  enableDhcp: true,
  dnsNameservers: [],
  hostRoutes: [],
  raMode: null,
  addressMode: null,
});

describe('QEMU’s user-mode network of a card', () => {
  it('leases the port’s address in its subnet, behind the subnet’s gateway', () => {
    expect(userNetworkOptions('10.20.7.9', subnet('10.20.0.0/16', '10.20.0.1'), true)).toEqual({
      net: '10.20.0.0/16',
      dhcpstart: '10.20.7.9',
      host: '10.20.0.1',
      dns: '10.20.0.2',
      ipv6: false,
      restrict: false,
    });
  });

  it('takes an address for the gateway that is not the guest’s where the subnet names none', () => {
    const options = userNetworkOptions('192.168.4.1', subnet('192.168.4.0/29', null), false);
    expect(options).toMatchObject({ host: '192.168.4.2', dns: '192.168.4.3', restrict: true });
  });

  it('takes the addresses around the port’s where no state has named the subnet yet', () => {
    expect(userNetworkOptions('172.16.5.20', undefined, false)).toMatchObject({
      net: '172.16.5.0/24',
      host: '172.16.5.1',
    });
  });

  it('gives a card no end where its subnet has no room for libslirp’s two addresses', () => {
    expect(userNetworkOptions('10.0.0.1', subnet('10.0.0.0/31', null), true)).toBeUndefined();
    expect(userNetworkOptions('10.0.0.1', subnet('10.0.0.0/30', null), true)).toBeUndefined();
  });
});

describe('the roles of a machine with QEMU’s user-mode network', () => {
  it('know the same subnets: nova-compute opens a card in the one that the network role was told of, at any time', async () => {
    const home = await mkdtemp(path.join(os.tmpdir(), 'user-network-'));
    try {
      const role = (): Promise<UserNetwork> => UserNetwork.open(path.join(home, 'vifs'), home, undefined);
      const [agent, compute] = [await role(), await role()];
      const plain = network({ v4: '10.20.0' });
      const wide = { ...plain, subnets: plain.subnets.map((each) => ({ ...each, cidr: '10.20.0.0/16' })) };
      const card = port(wide, ['10.20.7.9'], []);
      const [portId, host] = [card.id, 'host-1'];
      await compute.plug({
        portId,
        host,
        serverId: card.serverId,
        networkId: wide.id,
        mac: card.mac,
        mtu: 1450,
        ips: card.ips,
      });
      const [end] = await Promise.all([compute.open({ portId, host }), agent.apply(stateOf([wide], [card], []))]);
      expect(end).toMatchObject({ kind: 'user', options: { net: '10.20.0.0/16', dhcpstart: '10.20.7.9' } });
      // And after a restart of nova-compute alone.
      expect(await (await role()).open({ portId, host })).toEqual(end);
    } finally {
      await rm(home, { recursive: true });
    }
  });

  it('say that a port is up once its card is plugged, also when that comes after the network role was told of it', async () => {
    const home = await mkdtemp(path.join(os.tmpdir(), 'user-network-'));
    const end = new AbortController();
    try {
      const role = (): Promise<UserNetwork> => UserNetwork.open(path.join(home, 'vifs'), home, undefined);
      const [agent, compute] = [await role(), await role()];
      const plain = network({ v4: '10.20.0' });
      const card = port(plain, ['10.20.0.9'], []);
      const { id, serverId, mac, ips } = card;
      const { ports } = await agent.apply(stateOf([plain], [card], []));
      expect(ports.map(({ up }) => up)).toEqual([false]);
      const up = new Promise<void>((resolve) => {
        const told = (report: NetworkReport): void => {
          if (report.ports.every((each) => each.up)) resolve();
        };
        void agent.watch({ told, repaired: () => undefined }, end.signal);
      });
      await compute.plug({ portId: id, host: 'host-1', serverId, networkId: plain.id, mac, mtu: 1450, ips });
      await up;
    } finally {
      end.abort();
      await rm(home, { recursive: true });
    }
  });
});
