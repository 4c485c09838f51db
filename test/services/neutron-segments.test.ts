import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2 } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

type Segment = Item & Record<string, unknown>;

let cloud: ServiceApi;
let member: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
});
afterAll(() => cloud.stop());

const segmentsOf = async (query: string): Promise<Segment[]> =>
  (await cloud.admin.call<{ segments: Segment[] }>('GET', `${V2}/segments?${query}`)).segments;

describe('A segment', () => {
  it('is the one VXLAN of its network: made with it, changed with it, and gone with it', async () => {
    const { network } = await cloud.admin.call<{ network: Segment }>('POST', `${V2}/networks`, { network: {} });
    const [own, ...others] = await segmentsOf(`network_id=${network.id}&network_type=vxlan`);
    expect(others).toEqual([]);
    expect(own).toMatchObject({
      network_id: network.id,
      network_type: 'vxlan',
      physical_network: null,
      segmentation_id: network['provider:segmentation_id'],
      name: null,
      description: null,
      tags: [],
      revision_number: 0,
    });
    const { segment } = await cloud.admin.call<{ segment: Segment }>('PUT', `${V2}/segments/${own!.id}`, {
      segment: { name: 'rack 1', description: 'text' },
    });
    expect(segment).toMatchObject({ name: 'rack 1', description: 'text', revision_number: 1 });
    await cloud.admin.call('PUT', `${V2}/segments/${own!.id}/tags/blue`);
    expect(await segmentsOf('tags=blue')).toHaveLength(1);
    expect(await segmentsOf('network_type=vlan')).toEqual([]);
    await cloud.admin.call('DELETE', `${V2}/networks/${network.id}`);
    expect((await cloud.admin.request('GET', `${V2}/segments/${own!.id}`)).status).toBe(404);
  });

  it('is for administrators alone', async () => {
    await member.api.call('POST', `${V2}/networks`, { network: {} });
    expect(await member.api.call('GET', `${V2}/segments`)).toEqual({ segments: [] });
  });
});
