import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const PATH = '/network/v2.0/address-groups';
interface Group {
  readonly id: string;
  readonly addresses: string[];
  readonly revision_number: number;
}
interface Answer {
  readonly address_group?: Group;
  readonly NeutronError?: { readonly type: string; readonly message: string };
}

let tenant: Tenant;
let other: Tenant;
let reader: Tenant;
beforeAll(async () => {
  [tenant, other, reader] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud), Tenant.make(cloud, 'reader')]);
});
const make = async (fields: object = {}): Promise<Group> =>
  (await tenant.api.call<{ address_group: Group }>('POST', PATH, { address_group: fields })).address_group;
const act = (id: string, action: 'add' | 'remove', addresses: unknown, by = tenant, headers = {}) =>
  by.api.request<Answer>('PUT', `${PATH}/${id}/${action}_addresses`, { addresses }, headers);
/** A refusal's status, type and message. */
const refusal = ({ status, body }: { status: number; body: Answer }) => [
  status,
  body.NeutronError?.type,
  body.NeutronError?.message,
];

describe('an address group', () => {
  it('is made, listed, shown, changed and deleted, with the attributes of Neutron', async () => {
    const made = await make({
      name: 'ours',
      description: 'd'.repeat(1024),
      addresses: ['10.0.0.0/24', '2001:db8::/64'],
    });
    expect(Object.keys(made).toSorted()).toEqual([
      'addresses',
      'created_at',
      'description',
      'id',
      'name',
      'project_id',
      'revision_number',
      'tenant_id',
      'updated_at',
    ]);
    expect(made).toMatchObject({
      name: 'ours',
      project_id: tenant.api.projectId,
      addresses: ['10.0.0.0/24', '2001:db8::/64'],
    });
    const changed = await tenant.api.call<{ address_group: Group }>('PUT', `${PATH}/${made.id}`, {
      address_group: { name: 'changed', description: '' },
    });
    expect(changed.address_group).toMatchObject({ name: 'changed', revision_number: made.revision_number + 1 });
    expect(await tenant.api.call('GET', `${PATH}/${made.id}`)).toEqual(changed);
    expect(await tenant.api.call('GET', `${PATH}?name=changed`)).toEqual({ address_groups: [changed.address_group] });
    expect((await tenant.api.request('DELETE', `${PATH}/${made.id}`)).status).toBe(204);
    expect(refusal(await tenant.api.request<Answer>('GET', `${PATH}/${made.id}`))).toEqual([
      404,
      'AddressGroupNotFound',
      `Address group ${made.id} could not be found.`,
    ]);
  });

  it('may be empty, and several are made at once', async () => {
    expect((await make()).addresses).toEqual([]);
    expect((await make({ addresses: null })).addresses).toEqual([]);
    const { address_groups } = await tenant.api.call<{ address_groups: Group[] }>('POST', PATH, {
      address_groups: [{ addresses: ['10.0.0.1/32'] }, {}],
    });
    expect(address_groups.map((group) => group.addresses)).toEqual([['10.0.0.1/32'], []]);
  });

  it('has its addresses without host bits, and refuses what are none', async () => {
    expect((await make({ addresses: ['10.0.0.9/24', '2001:DB8::1/64'] })).addresses).toEqual([
      '10.0.0.0/24',
      '2001:db8::/64',
    ]);
    const create = async (addresses: unknown) =>
      refusal(await tenant.api.request<Answer>('POST', PATH, { address_group: { addresses } }));
    expect(await create(['10.0.0.0/33'])).toEqual([
      400,
      'HTTPBadRequest',
      "Invalid input for addresses. Reason: '10.0.0.0/33' is not a valid IP subnet.",
    ]);
    expect(await create(['10.0.0.0/8', '10.0.0.0/8'])).toEqual([
      400,
      'HTTPBadRequest',
      "Invalid input for addresses. Reason: Duplicate items in the list: '10.0.0.0/8, 10.0.0.0/8'.",
    ]);
    expect((await create('10.0.0.0/8'))[0]).toBe(400);
  });

  it('does not take addresses or tags by an update', async () => {
    const { id } = await make();
    for (const change of [{ addresses: [] }, { tags: [] }, { shared: true }])
      expect(
        refusal(await tenant.api.request<Answer>('PUT', `${PATH}/${id}`, { address_group: change })).slice(0, 2),
      ).toEqual([400, 'HTTPBadRequest']);
    expect((await tenant.api.request('GET', `${PATH}/${id}/tags`)).status).toBe(404);
  });
});

describe('the addresses of a group', () => {
  it('are added and removed, all that are asked for or none', async () => {
    const { id, revision_number } = await make({ addresses: ['10.0.0.0/24'] });
    const added = await act(id, 'add', ['10.0.1.7/24', '10.0.2.0/24']);
    expect([added.status, added.body.address_group]).toMatchObject([
      200,
      { id, addresses: ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24'], revision_number: revision_number + 1 },
    ]);
    expect(refusal(await act(id, 'add', ['10.0.3.0/24', '10.0.1.0/24']))).toEqual([
      400,
      'AddressesAlreadyExist',
      `Addresses ['10.0.1.0/24'] already exist in the address group ${id}.`,
    ]);
    expect(refusal(await act(id, 'remove', ['10.0.0.0/24', '10.0.9.0/24']))).toEqual([
      404,
      'AddressesNotFound',
      `Addresses ['10.0.9.0/24'] not found in the address group ${id}.`,
    ]);
    const removed = await act(id, 'remove', ['10.0.0.0/24', '10.0.2.0/24']);
    // What was refused has counted nothing.
    expect(removed.body.address_group).toMatchObject({
      addresses: ['10.0.1.0/24'],
      revision_number: revision_number + 2,
    });
    expect(await tenant.api.call('GET', `${PATH}/${id}`)).toEqual(removed.body);
  });

  it('are added by many at once, and none is lost', async () => {
    const { id } = await make();
    const wanted = Array.from({ length: 10 }, (_, i) => `10.1.${i}.0/24`);
    const answers = await Promise.all(wanted.map((address) => act(id, 'add', [address])));
    expect(answers.map(({ status }) => status)).toEqual(wanted.map(() => 200));
    const { address_group } = await tenant.api.call<{ address_group: Group }>('GET', `${PATH}/${id}`);
    expect(address_group.addresses.toSorted()).toEqual(wanted);
  });

  it('are refused that are none, and changes of another revision than the expected one', async () => {
    const { id, revision_number } = await make();
    expect(refusal(await act(id, 'add', ['here']))).toEqual([
      400,
      'HTTPBadRequest',
      "Invalid input for addresses. Reason: 'here' is not a valid IP subnet.",
    ]);
    for (const body of [{}, { addresses: null }, { address_group: { addresses: [] } }, []])
      expect((await tenant.api.request('PUT', `${PATH}/${id}/add_addresses`, body)).status).toBe(400);
    const expecting = (revision: number) => ({ 'if-match': `revision_number=${revision}` });
    expect((await act(id, 'add', ['10.0.0.0/8'], tenant, expecting(revision_number + 1))).status).toBe(412);
    expect((await act(id, 'add', ['10.0.0.0/8'], tenant, expecting(revision_number))).status).toBe(200);
  });

  it('are for the members of their project alone', async () => {
    const { id } = await make({ addresses: ['10.0.0.0/8'] });
    for (const action of ['add', 'remove'] as const) {
      expect(refusal(await act(id, action, ['10.0.0.0/8'], other))).toEqual([
        404,
        'AddressGroupNotFound',
        `Address group ${id} could not be found.`,
      ]);
      expect((await act(id, action, ['10.0.0.0/8'], reader)).status).toBe(403);
    }
    expect((await other.api.request('GET', `${PATH}/${id}`)).status).toBe(404);
    expect((await other.api.request('DELETE', `${PATH}/${id}`)).status).toBe(404);
  });
});
