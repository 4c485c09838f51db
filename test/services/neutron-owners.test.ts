import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';
import { wordsOf } from '../setup/words.js';

let cloud: ServiceApi;
let member: Member;
let other: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  [member, other] = await Promise.all([newMember(cloud.admin), newMember(cloud.admin)]);
});
afterAll(() => cloud.stop());

const networks = '/network/v2.0/networks';
const owner = async ({ api }: Pick<Member, 'api'>, network: object): Promise<unknown> =>
  (await api.call<{ network: Item }>('POST', networks, { network })).network['project_id'];
const refused = async (path: string, body: object) => wordsOf(await member.api.request('POST', path, body));

describe('Things of Neutron', () => {
  it('belong to the project of the token, by either name that it has', async () => {
    const project_id = member.project;
    for (const network of [{}, { project_id }, { tenant_id: project_id }, { project_id, tenant_id: project_id }])
      expect(await owner(member, network)).toBe(project_id);
    expect(await refused(networks, { network: { project_id, tenant_id: other.project } })).toEqual([
      400,
      "'project_id' and 'tenant_id' do not match",
    ]);
  });

  it('are made for another project by administrators alone, also where a rule of a port would let its network’s owner', async () => {
    const no = [
      400,
      "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user.",
    ];
    const { network } = await member.api.call<{ network: Item }>('POST', networks, { network: {} });
    for (const name of ['project_id', 'tenant_id']) {
      const named = { [name]: other.project };
      expect(await refused(networks, { network: named })).toEqual(no);
      expect(await refused('/network/v2.0/ports', { port: { network_id: network.id, ...named } })).toEqual(no);
      expect(await owner({ api: cloud.admin }, named)).toBe(other.project);
    }
  });
});
