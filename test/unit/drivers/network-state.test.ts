import { expectTypeOf, it } from 'vitest';
import type { NetworkState } from '#drivers/network/state';
import type { HostState } from '#services/neutron/hosts/index';

it('what Neutron says of a host’s network is what its driver takes', () => {
  expectTypeOf<HostState>().toExtend<NetworkState>();
});
