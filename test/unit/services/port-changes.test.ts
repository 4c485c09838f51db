import { describe, expect, it } from 'vitest';
import { addressChanges } from '#services/neutron/address-changes';
import { changedOptions } from '#services/neutron/dhcp-options';

const at = (ip_address: string, subnet_id = 'a') => ({ subnet_id, ip_address });

describe('the addresses that a port is asked to have', () => {
  const has = [at('10.0.0.4'), at('10.0.0.5'), at('10.1.0.4', 'b')];

  it('are for one request each: one that names a subnet alone does not share another’s address', () => {
    expect(addressChanges([has[0]!], [{ subnet_id: 'a' }, has[0]!])).toEqual({
      kept: [has[0]],
      given: [{ subnet_id: 'a' }],
    });
  });

  it('stay where the port has them, by their names or by their subnets, and the rest is free', () => {
    expect(addressChanges(has, [{ subnet_id: 'b' }, at('10.0.0.5')])).toEqual({ kept: [has[1], has[2]], given: [] });
    expect(addressChanges(has, [{ ip_address: '10.0.0.4' }, at('10.0.0.9')])).toEqual({
      kept: [has[0]],
      given: [at('10.0.0.9')],
    });
    expect(addressChanges(has, [])).toEqual({ kept: [], given: [] });
  });
});

describe('the DHCP options that a port is asked to have', () => {
  const mtu = { opt_name: 'mtu', opt_value: '1400', ip_version: 4 };

  it('are added to those that it has, each for one IP version, which may be text', () => {
    expect(changedOptions([mtu], [{ opt_name: 'mtu', opt_value: '1300', ip_version: '6' }])).toEqual([
      mtu,
      { opt_name: 'mtu', opt_value: '1300', ip_version: 6 },
    ]);
  });

  it('change one of the same name, and take it away without a value', () => {
    expect(changedOptions([mtu], [{ opt_name: 'mtu', opt_value: '1300' }])).toEqual([{ ...mtu, opt_value: '1300' }]);
    expect(changedOptions([mtu], [{ opt_name: 'mtu', opt_value: null }])).toEqual([]);
  });

  it('are empty where that means something, and else no options', () => {
    expect(changedOptions([], [{ opt_name: 'mtu', opt_value: '' }])).toEqual([]);
    const router = { opt_name: 'router', opt_value: '' };
    expect(changedOptions([], [router])).toEqual([{ ...router, ip_version: 4 }]);
  });
});
