import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

type SubPort = { readonly port_id: string; readonly segmentation_type: string; readonly segmentation_id: number };
type Trunk = Item & {
  readonly status: string;
  readonly sub_ports: readonly SubPort[];
  readonly revision_number: number;
};

let cloud: ServiceApi;
let member: Member;
let network: string;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
  network = (await makeNetwork(member.api, '10.11.0.0/24')).network;
});
afterAll(() => cloud.stop());

const newPort = async (fields: object = {}, api = member.api): Promise<Item & { mac_address: string }> =>
  (
    await api.call<{ port: Item & { mac_address: string } }>('POST', `${V2}/ports`, {
      port: { network_id: network, ...fields },
    })
  ).port;
const vlan = (port_id: string, segmentation_id: number): SubPort => ({
  port_id,
  segmentation_type: 'vlan',
  segmentation_id,
});
const post = (fields: object) =>
  member.api.request<{ trunk: Trunk } & Refused>('POST', `${V2}/trunks`, { trunk: fields });
const newTrunk = async (fields: object): Promise<Trunk> => {
  const { status, body } = await post(fields);
  expect([status, body.NeutronError]).toEqual([201, undefined]);
  return body.trunk;
};
const act = (id: string, action: string, sub_ports: readonly object[]) =>
  member.api.request<Trunk & Refused>('PUT', `${V2}/trunks/${id}/${action}`, { sub_ports });
const del = (path: string) => member.api.request<Refused>('DELETE', `${V2}/${path}`);

describe('A trunk', () => {
  it('leads by VLANs from a port to others, and both say so', async () => {
    const [parent, first, second] = [await newPort(), await newPort(), await newPort()];
    const trunk = await newTrunk({ name: 't', port_id: parent.id, sub_ports: [vlan(first.id, 100)] });
    expect(trunk).toMatchObject({ status: 'DOWN', port_id: parent.id, sub_ports: [vlan(first.id, 100)] });
    const added = await act(trunk.id, 'add_subports', [vlan(second.id, 101)]);
    expect(added.body.sub_ports).toEqual([vlan(first.id, 100), vlan(second.id, 101)]);
    const shown = await member.api.call<{ port: { trunk_details: object } }>('GET', `${V2}/ports/${parent.id}`);
    expect(shown.port.trunk_details).toEqual({
      trunk_id: trunk.id,
      sub_ports: [
        { ...vlan(first.id, 100), mac_address: first.mac_address },
        { ...vlan(second.id, 101), mac_address: second.mac_address },
      ],
    });
    const other = await member.api.call<{ port: object }>('GET', `${V2}/ports/${first.id}`);
    expect(other.port).not.toHaveProperty('trunk_details');
    const removed = await act(trunk.id, 'remove_subports', [{ port_id: first.id }]);
    expect(removed.body.sub_ports).toEqual([vlan(second.id, 101)]);
    expect(await member.api.call('GET', `${V2}/trunks/${trunk.id}/get_subports`)).toEqual({
      sub_ports: [vlan(second.id, 101)],
    });
    expect((await del(`trunks/${trunk.id}`)).status).toBe(204);
    expect((await del(`ports/${second.id}`)).status).toBe(204);
  });

  it('has ports of no other trunk, of no device, and keeps them', async () => {
    const [parent, sub, next, used] = [
      await newPort(),
      await newPort(),
      await newPort(),
      await newPort({ device_id: 'mine' }),
    ];
    const trunk = await newTrunk({ port_id: parent.id, sub_ports: [vlan(sub.id, 100)] });
    const noParent = `Port ${parent.id} is currently in use and is not eligible for use as a parent port.`;
    expect(refusalOf(await post({ port_id: parent.id }))).toEqual([409, 'ParentPortInUse', noParent]);
    expect(refusalOf(await post({ port_id: sub.id }))).toEqual([
      409,
      'TrunkPortInUse',
      `Port ${sub.id} is in use by another trunk.`,
    ]);
    expect(refusalOf(await post({ port_id: next.id, sub_ports: [vlan(parent.id, 1)] }))[1]).toBe('ParentPortInUse');
    expect(refusalOf(await post({ port_id: next.id, sub_ports: [vlan(next.id, 1)] }))[1]).toBe('ParentPortInUse');
    expect(refusalOf(await act(trunk.id, 'add_subports', [vlan(used.id, 101)]))).toEqual([
      409,
      'PortInUse',
      `Unable to complete operation on port ${used.id} for network ${network}. Port already has an attached device mine.`,
    ]);
    expect(refusalOf(await act(trunk.id, 'add_subports', [vlan(next.id, 100)]))).toEqual([
      409,
      'DuplicateSubPort',
      `segmentation_type vlan and segmentation_id 100 already in use on trunk ${trunk.id}.`,
    ]);
    expect(refusalOf(await del(`ports/${sub.id}`))).toEqual([
      409,
      'PortInUseAsSubPort',
      `Port ${sub.id} is currently a subport for trunk ${trunk.id}.`,
    ]);
    expect(refusalOf(await del(`ports/${parent.id}`))).toEqual([
      409,
      'PortInUseAsTrunkParent',
      `Port ${parent.id} is currently a parent port for trunk ${trunk.id}.`,
    ]);
    expect(refusalOf(await act(trunk.id, 'remove_subports', [{ port_id: next.id }]))).toEqual([
      404,
      'SubPortNotFound',
      `SubPort ${next.id} on trunk ${trunk.id} could not be found.`,
    ]);
  });

  it('is asked for in VLANs alone, each once, and for ports that the asker sees', async () => {
    const [parent, sub, more] = [await newPort(), await newPort(), await newPort()];
    const stranger = await newMember(cloud.admin);
    const theirs = await newPort(
      { network_id: (await makeNetwork(stranger.api, '10.12.0.0/24')).network },
      stranger.api,
    );
    const invalid = 'Invalid input for operation:';
    const refused: [sub_ports: object[], status: number, words: string][] = [
      [[{ ...vlan(sub.id, 1), segmentation_type: 'gre' }], 400, `${invalid} Unknown segmentation_type 'gre'.`],
      [[vlan(sub.id, 4095)], 400, `${invalid} Segmentation ID '4095' is not in range.`],
      [
        [vlan(sub.id, 1), vlan(more.id, 1)],
        400,
        `Invalid input for sub_ports. Reason: Segmentation ID '1' for '${more.id}' is not unique.`,
      ],
      [
        [vlan(sub.id, 1), vlan(sub.id, 2)],
        400,
        `Invalid input for sub_ports. Reason: Non unique UUID for subport: '${sub.id}'.`,
      ],
      [[{ port_id: sub.id, segmentation_type: 'inherit' }], 400, `${invalid} Unknown segmentation_type 'vxlan'.`],
      [[vlan(theirs.id, 1)], 404, `Port ${theirs.id} could not be found.`],
    ];
    for (const [sub_ports, status, words] of refused) {
      const answer = await post({ port_id: parent.id, sub_ports });
      expect([answer.status, answer.body.NeutronError?.message]).toEqual([status, words]);
    }
  });

  it('is not of a port on a host, which could not divide it by VLANs, and is not changed while it is disabled', async () => {
    const bound = await newPort({ 'binding:host_id': 'host' }, cloud.admin);
    const answer = await cloud.admin.request<Refused>('POST', `${V2}/trunks`, { trunk: { port_id: bound.id } });
    expect(refusalOf(answer)[1]).toBe('ParentPortInUse');
    const [parent, sub] = [await newPort(), await newPort()];
    const { id } = await newTrunk({ port_id: parent.id });
    await cloud.admin.call('PUT', `${V2}/ports/${parent.id}`, { port: { 'binding:host_id': 'host' } });
    expect(refusalOf(await del(`trunks/${id}`))).toEqual([409, 'TrunkInUse', `Trunk ${id} is currently in use.`]);
    await member.api.call('PUT', `${V2}/trunks/${id}`, { trunk: { admin_state_up: false } });
    const disabled = [409, 'TrunkDisabled', `Trunk ${id} is currently disabled.`];
    expect(refusalOf(await act(id, 'add_subports', [vlan(sub.id, 5)]))).toEqual(disabled);
    expect(refusalOf(await del(`trunks/${id}`))).toEqual(disabled);
  });
});
