import { describe, expect, it } from 'vitest';
import { canonical } from '#services/neutron/ipam';
import { planSubnet, type SubnetInput } from '#services/neutron/subnet-plan';

const plan = (input: object) => planSubnet({ ip_version: 4, ...input } as SubnetInput);
/** What a subnet is refused with: status and words. */
function refusal(input: object): unknown[] {
  try {
    return [plan(input)];
  } catch (error) {
    const { status, message } = error as { status?: number; message?: string };
    return [status, message];
  }
}
const invalid = (message: string): unknown[] => [400, `Invalid input for operation: ${message}.`];

describe('a subnet', () => {
  it('gets the first address for a gateway, and all the others to give', () => {
    expect(plan({ cidr: '10.0.0.0/24' })).toEqual({
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.0.1',
      allocation_pools: [{ start: '10.0.0.2', end: '10.0.0.254' }],
    });
    expect(plan({ cidr: '10.0.0.0/24', gateway_ip: '10.0.0.9' }).allocation_pools).toEqual([
      { start: '10.0.0.1', end: '10.0.0.8' },
      { start: '10.0.0.10', end: '10.0.0.254' },
    ]);
    expect(plan({ cidr: '2001:db8::/64', ip_version: 6, gateway_ip: null })).toEqual({
      cidr: '2001:db8::/64',
      gateway_ip: null,
      allocation_pools: [{ start: '2001:db8::1', end: '2001:db8::ffff:ffff:ffff:ffff' }],
    });
  });

  it('loses the host bits of its range, as in Neutron', () => {
    expect(plan({ cidr: '10.0.0.5/24' }).cidr).toBe('10.0.0.0/24');
    expect(plan({ cidr: '2001:DB8::5/64', ip_version: 6 }).cidr).toBe('2001:db8::/64');
  });

  it('may have its gateway outside of its range; then its pools are all of it', () => {
    expect(plan({ cidr: '10.0.0.0/24', gateway_ip: '10.0.1.1' })).toEqual({
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.1.1',
      allocation_pools: [{ start: '10.0.0.1', end: '10.0.0.254' }],
    });
  });

  it('may be as small as one address where nobody serves DHCP', () => {
    expect(plan({ cidr: '10.0.0.6/31', enable_dhcp: false, gateway_ip: null }).allocation_pools).toEqual([
      { start: '10.0.0.6', end: '10.0.0.7' },
    ]);
    expect(plan({ cidr: '10.0.0.6/32', enable_dhcp: false, gateway_ip: null }).allocation_pools).toEqual([
      { start: '10.0.0.6', end: '10.0.0.6' },
    ]);
  });

  const dhcp = 'is not supported if enable_dhcp is True';
  it.each([
    ['no range', { cidr: '10.0.0.0' }, [400, "Invalid input for cidr. Reason: '10.0.0.0' is not a valid IP subnet."]],
    [
      'a prefix that is too long',
      { cidr: '10.0.0.0/33' },
      [400, "Invalid input for cidr. Reason: '10.0.0.0/33' is not a valid IP subnet."],
    ],
    [
      'a prefix that is no number',
      { cidr: '10.0.0.0/255.255.255.0' },
      [400, "Invalid input for cidr. Reason: '10.0.0.0/255.255.255.0' is not a valid IP subnet."],
    ],
    [
      'a zone',
      { cidr: 'fe80::%1/64', ip_version: 6 },
      [400, "Invalid input for cidr. Reason: 'fe80::%1/64' is not a valid IP subnet."],
    ],
    [
      'the other IP version',
      { cidr: '2001:db8::/64' },
      invalid("cidr '2001:db8::/64' does not match the ip_version '4'"),
    ],
    ['all of IPv4', { cidr: '0.0.0.0/0' }, invalid(`First IP '0.0.0.0' of network ${dhcp}.`)],
    [
      'all of IPv4 without DHCP',
      { cidr: '0.0.0.0/0', enable_dhcp: false },
      invalid('0 is not allowed as CIDR prefix length'),
    ],
    ['all of IPv6', { cidr: '::/0', ip_version: 6 }, invalid("IPv6 subnet '::' is not supported")],
    ['the unspecified IPv6 range', { cidr: '::/64', ip_version: 6 }, invalid("IPv6 subnet '::' is not supported")],
    ['loopback', { cidr: '127.0.0.0/8' }, invalid(`Loopback IP subnet ${dhcp}`)],
    ['multicast', { cidr: '224.0.0.0/4' }, invalid(`Multicast IP subnet ${dhcp}`)],
    ['IPv6 multicast', { cidr: 'ff02::/64', ip_version: 6 }, invalid(`Multicast IP subnet ${dhcp}`)],
    [
      'two addresses',
      { cidr: '10.0.0.0/31' },
      invalid('Subnet has a prefix length that is incompatible with DHCP service enabled'),
    ],
    [
      'two IPv6 addresses',
      { cidr: '2001:db8::/127', ip_version: 6 },
      invalid('Subnet has a prefix length that is incompatible with DHCP service enabled'),
    ],
    [
      'the network as gateway',
      { cidr: '10.0.0.0/24', gateway_ip: '10.0.0.0' },
      invalid('Gateway is not valid on subnet'),
    ],
    [
      'the broadcast as gateway',
      { cidr: '10.0.0.0/24', gateway_ip: '10.0.0.255' },
      invalid('Gateway is not valid on subnet'),
    ],
    [
      'a gateway of the other version',
      { cidr: '10.0.0.0/24', gateway_ip: '2001:db8::1' },
      invalid("gateway_ip '2001:db8::1' does not match the ip_version '4'"),
    ],
    [
      'a gateway with a prefix',
      { cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1/24' },
      [400, "Invalid input for gateway_ip. Reason: '10.0.0.1/24' is not a valid IP address."],
    ],
    [
      'a pool backwards',
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.0.2' }] },
      [400, "The allocation pool {'start': '10.0.0.9', 'end': '10.0.0.2'} is not valid."],
    ],
    [
      'a pool beyond the range',
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.1.2' }] },
      [400, 'The allocation pool 10.0.0.9-10.0.1.2 spans beyond the subnet cidr 10.0.0.0/24.'],
    ],
    [
      'a pool of the other version',
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '2001:db8::1', end: '2001:db8::2' }] },
      [400, 'The allocation pool 2001:db8::1-2001:db8::2 is not valid.'],
    ],
    [
      'a pool of words',
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: 'here', end: 'there' }] },
      [400, "Invalid input for allocation_pools. Reason: 'here' is not a valid IP address."],
    ],
    [
      'pools that overlap',
      {
        cidr: '10.0.0.0/24',
        allocation_pools: [
          { start: '10.0.0.20', end: '10.0.0.30' },
          { start: '10.0.0.9', end: '10.0.0.20' },
        ],
      },
      [409, 'Found overlapping allocation pools: 10.0.0.20-10.0.0.30 10.0.0.9-10.0.0.20 for subnet 10.0.0.0/24.'],
    ],
    [
      'its gateway in a pool',
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.1', end: '10.0.0.9' }] },
      [409, 'Gateway ip 10.0.0.1 conflicts with allocation pool 10.0.0.1-10.0.0.9.'],
    ],
    [
      'words for a name server',
      { cidr: '10.0.0.0/24', dns_nameservers: ['not an ip'] },
      [
        400,
        "Invalid input for dns_nameservers. Reason: 'not an ip' is not a valid nameserver. 'not an ip' is not a valid IP address.",
      ],
    ],
    [
      'a name server twice',
      { cidr: '10.0.0.0/24', dns_nameservers: ['9.9.9.9', '9.9.9.9'] },
      [400, "Invalid input for dns_nameservers. Reason: Duplicate nameserver '9.9.9.9'."],
    ],
    [
      'a name server of the other version',
      { cidr: '10.0.0.0/24', dns_nameservers: ['2001:db8::1'] },
      invalid("dns_nameserver '2001:db8::1' does not match the ip_version '4'"),
    ],
    [
      'six name servers',
      { cidr: '10.0.0.0/24', dns_nameservers: [1, 2, 3, 4, 5, 6].map((n) => `9.9.9.${n}`) },
      [400, 'Unable to complete operation for new subnet. The number of DNS nameservers exceeds the limit 5.'],
    ],
  ])('is refused with %s', (_what, input, expected) => {
    expect(refusal(input)).toEqual(expected);
  });
});

describe('an address', () => {
  it('is known by one spelling', () => {
    expect(canonical('10.0.0.5')).toBe('10.0.0.5');
    expect(canonical('2001:DB8:0:0::5')).toBe('2001:db8::5');
    expect(canonical('::ffff:10.0.0.5')).toBe('::ffff:a00:5');
  });

  it.each(['10.0.0.5/24', '10.0.0', '10.0.0.05', '10.0.0.256', ' 10.0.0.5', 'fe80::1%eth0', '2001:db8::1/64', ''])(
    'is not %j',
    (text) => {
      expect(() => canonical(text)).toThrow(`'${text}' is not a valid IP address.`);
    },
  );
});
