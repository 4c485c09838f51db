import { describe, expect, it } from 'vitest';
import { firewall } from '#drivers/network/linux/firewall';
import { planDhcp } from '#drivers/network/linux/dhcp';
import { linkLocalOf, rangeOf, withoutCovered } from '#drivers/network/linux/prefixes';
import { group, network, port, rule } from '../../setup/network-guests.js';

describe('prefixes', () => {
  it('are known by their first and last address, also those of IPv6 in all its forms', () => {
    expect(rangeOf('10.0.0.77/24')).toEqual({ version: 4, first: 0x0a00_0000n, last: 0x0a00_00ffn });
    expect(rangeOf('::ffff:1.2.3.4').first).toBe(0xffff_0102_0304n);
    expect(rangeOf('fd00::/8').last).toBe((0xfen << 120n) - 1n);
    expect(rangeOf('0.0.0.0/0').last).toBe(2n ** 32n - 1n);
  });

  it('that are in others of them are left out, since no set takes both', () => {
    expect(withoutCovered(['10.0.0.5', '10.0.0.0/24', '10.0.1.1', '10.0.0.0/24', '10.0.0.0/25'])).toEqual([
      '10.0.0.0/24',
      '10.0.1.1',
    ]);
  });

  it('of a link come from the MAC', () => {
    expect(linkLocalOf('fa:16:3e:00:00:01')).toBe('fe80::f816:3eff:fe00:1');
  });
});

describe('the rules of a network', () => {
  const net = network({ v4: '10.9.0' });

  it('have one set for a remote group’s members, however many rules and ports name it', () => {
    const members = Array.from({ length: 300 }, (_, i) => `10.9.${i >> 8}.${i & 255}`);
    const all = group(rule('ingress', 'tcp', 80, members), rule('ingress', 'udp', 53, members));
    const text = firewall([port(net, ['10.9.0.1'], [all]), port(net, ['10.9.0.2'], [all])], new Map([[all.id, all]]));
    expect(text.match(/^\tset r4_/gm)).toHaveLength(1);
    expect(text.match(/ip saddr @r4_/g)).toHaveLength(2);
  });

  it('take no text that would be a rule of its own', () => {
    const evil = '10.0.0.1\n}\nflush ruleset';
    const with_ = (remote: string): string => {
      const all = group(rule('ingress', 'tcp', 80, [remote]));
      return firewall([port(net, ['10.9.0.1'], [all])], new Map([[all.id, all]]));
    };
    expect(() => with_(evil)).toThrow('is not an IP address');
    expect(() => firewall([port(net, [evil], [])], new Map())).toThrow('is not an IP address');
    expect(() => firewall([port(net, [], [], { mac: evil })], new Map())).toThrow('is not a MAC address');
    expect(() => firewall([port(net, [], [], { addressPairs: [{ ip: '10.0.0.0/8', mac: evil }] })], new Map())).toThrow(
      'is not a MAC address',
    );
    const all = group(rule('ingress', 'tcp; accept'));
    expect(() => firewall([port(net, [], [all])], new Map([[all.id, all]]))).toThrow('is no IP protocol');
  });

  it('let nobody in where a rule’s remote group has no members', () => {
    const all = group(rule('ingress', 'tcp', 80, []));
    expect(firewall([port(net, ['10.9.0.1'], [all])], new Map([[all.id, all]]))).not.toContain('proto-dst 80');
  });
});

describe('what DHCP is told', () => {
  const net = network({ v4: '10.9.0', v6: 'fd09:1', raMode: 'dhcpv6-stateful' });
  const lease = {
    portId: '0f8d52de-2b26-4bb3-8a4c-9f2f6a1d3c55',
    mac: 'fa:16:3e:00:00:01',
    ips: ['10.9.0.11', 'fd09:1::11'],
    hostname: 'host-1',
  };

  it('is one file per port with its IPv4 address and the IPv6 address that it asks for', () => {
    const plan = planDhcp({ ...net, leases: [{ ...lease, options: [] }] });
    expect([...plan!.hosts.values()]).toEqual([
      `fa:16:3e:00:00:01,set:port-${lease.portId},10.9.0.11,[fd09:1::11],host-1.openstacklocal\n`,
    ]);
    expect(plan!.options.filter((option) => option.startsWith('--dhcp-range'))).toEqual([
      expect.stringMatching(/,10\.9\.0\.0,static,255\.255\.255\.0,86400s$/),
      expect.stringMatching(/,fd09:1::,static,64,86400s$/),
    ]);
  });

  it('has the routes of a subnet with the default one among them, and a port’s own options but for what is no option', () => {
    const [subnet] = net.subnets;
    const routed = {
      ...subnet!,
      gatewayIp: '10.9.0.1',
      hostRoutes: [{ destination: '10.7.0.0/16', nexthop: '10.9.0.7' }],
    };
    const options = [
      { name: 'tftp-server', value: '10.9.0.3', version: 4 as const },
      { name: '150', value: '10.9.0.4', version: 4 as const },
      { name: 'bootfile-name\ntag:x', value: 'x', version: 4 as const },
      { name: 'bootfile-name', value: 'x\noption:router,10.9.0.66', version: 4 as const },
    ];
    const plan = planDhcp({ ...net, metadata: true, subnets: [routed], leases: [{ ...lease, options }] });
    const tag = `tag:subnet-${routed.id}`;
    expect(plan!.opts.trim().split('\n')).toEqual([
      `${tag},option:dns-server,10.9.0.2`,
      `${tag},option:classless-static-route,10.7.0.0/16,10.9.0.7,169.254.169.254/32,10.9.0.2,0.0.0.0/0,10.9.0.1`,
      `${tag},249,10.7.0.0/16,10.9.0.7,169.254.169.254/32,10.9.0.2,0.0.0.0/0,10.9.0.1`,
      `${tag},option:router,10.9.0.1`,
      `tag:port-${lease.portId},option:tftp-server,10.9.0.3`,
      `tag:port-${lease.portId},150,10.9.0.4`,
    ]);
  });
});
