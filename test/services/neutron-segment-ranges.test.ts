import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

interface Range extends Item {
  readonly used: Readonly<Record<string, string>>;
  readonly available: readonly number[];
  readonly minimum: number;
  readonly maximum: number;
}
type Answer<K extends string> = Refused & Record<K, Item & Record<string, unknown>>;

/** The default range of the cloud: small, so that it is soon empty. */
const [LOWEST, HIGHEST] = [1001, 1040];
const DEFAULT_SIZE = HIGHEST - LOWEST + 1;

let cloud: ServiceApi;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'), { NOVAFLOW_VNI_RANGES: `${LOWEST}:${HIGHEST}` });
  await cloud.services.neutron.ensureDefaultRanges();
});
afterAll(() => cloud.stop());

/** Asks for a network. Administrators see its segmentation id. */
const ask = (api = cloud.admin, fields: object = {}) =>
  api.request<Answer<'network'>>('POST', `${V2}/networks`, { network: fields });
async function idOf(api = cloud.admin, fields: object = {}): Promise<number> {
  const answer = await ask(api, fields);
  expect(refusalOf(answer)).toEqual([201, undefined, undefined]);
  return segmentationId(answer.body.network.id);
}
async function segmentationId(network: string): Promise<number> {
  const { body } = await cloud.admin.request<Answer<'network'>>('GET', `${V2}/networks/${network}`);
  return body.network['provider:segmentation_id'] as number;
}
const ascending = (ids: readonly number[]) => ids.toSorted((a, b) => a - b);
const chosen = (id: number) => ({ 'provider:network_type': 'vxlan', 'provider:segmentation_id': id });
async function forget(): Promise<void> {
  await cloud.database.query('DELETE FROM neutron.networks');
  await cloud.database.query('DELETE FROM neutron.network_segment_ranges WHERE NOT "default"');
}

const PATH = `${V2}/network_segment_ranges`;
const request = (method: string, path: string, fields?: object) =>
  cloud.admin.request<Answer<'network_segment_range'>>(
    method,
    `${PATH}${path}`,
    fields && { network_segment_range: fields },
  );
async function newRange(minimum: number, maximum: number, owner?: Member): Promise<Range> {
  const whose = owner === undefined ? {} : { shared: false, project_id: owner.project };
  const answer = await request('POST', '', { name: 'r', network_type: 'vxlan', minimum, maximum, ...whose });
  expect(refusalOf(answer)).toEqual([201, undefined, undefined]);
  return answer.body.network_segment_range as unknown as Range;
}
const show = async (id: string): Promise<Range> =>
  (await request('GET', `/${id}`)).body.network_segment_range as unknown as Range;
async function defaultRange(): Promise<Range> {
  const { network_segment_ranges: all } = await cloud.admin.call<{ network_segment_ranges: Range[] }>('GET', PATH);
  return all.find((one) => one['default'] === true)!;
}

describe('A network without a segmentation id of its own', () => {
  it('is given a free one, whatever was chosen by hand before', async () => {
    const first = await idOf();
    for (const id of [first + 1, first + 2].filter((one) => one <= HIGHEST)) await idOf(cloud.admin, chosen(id));
    const [second, third] = [await idOf(), await idOf()];
    expect(new Set([first, first + 1, first + 2, second, third]).size).toBe(5);
    await forget();
  });

  it('is given one of the ranges of its project first, then of those that are shared, and never one of another project', async () => {
    const [member, other] = [await newMember(cloud.admin), await newMember(cloud.admin)];
    await newRange(2001, 2003, member);
    // It lies in the default range, which goes on around it.
    await newRange(LOWEST + 1, HIGHEST - 1, other);
    await newRange(3001, 3002);
    const ids: number[] = [];
    for (let i = 0; i < 7; i++) ids.push(await idOf(member.api));
    expect(ascending(ids.slice(0, 3))).toEqual([2001, 2002, 2003]);
    expect(ascending(ids.slice(3, 5))).toEqual([3001, 3002]);
    expect(ascending(ids.slice(5))).toEqual([LOWEST, HIGHEST]);
    expect(refusalOf(await ask(member.api))).toEqual([
      503,
      'NoNetworkAvailable',
      'Unable to create the network. No tenant network is available for allocation.',
    ]);
    const theirs = await idOf(other.api);
    expect(theirs).toBeGreaterThan(LOWEST);
    expect(theirs).toBeLessThan(HIGHEST);
    await forget();
  });

  it('is given one that nobody else is, of all that there are, while others ask and choose at the same time', async () => {
    const members = await Promise.all(Array.from({ length: 8 }, () => newMember(cloud.admin)));
    const byHand = [LOWEST, LOWEST + 7, HIGHEST];
    const answers = await Promise.all([
      ...byHand.map((id) => ask(cloud.admin, chosen(id))),
      ...members.flatMap(({ api }) => Array.from({ length: 4 }, () => ask(api))),
    ]);
    const wrong = answers
      .slice(byHand.length)
      .map(refusalOf)
      .filter(([status]) => status !== 201);
    expect(wrong).toEqual([]);
    const made = answers.filter(({ status }) => status === 201);
    const ids = await Promise.all(made.map(({ body }) => segmentationId(body.network.id)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id < LOWEST || id > HIGHEST)).toEqual([]);
    // The rest of them, to the last.
    for (let i = ids.length; i < DEFAULT_SIZE; i++) ids.push(await idOf());
    expect(new Set(ids).size).toBe(DEFAULT_SIZE);
    expect((await ask()).status).toBe(503);
    const last = await cloud.database.query<{ id: string }>('SELECT id FROM neutron.networks LIMIT 1');
    const freed = await segmentationId(last.rows[0]!.id);
    await cloud.admin.call('DELETE', `${V2}/networks/${last.rows[0]!.id}`);
    expect(await idOf()).toBe(freed);
    await forget();
  });

  it('is refused in Neutron’s words where it chooses one that is taken', async () => {
    const id = await idOf();
    expect(refusalOf(await ask(cloud.admin, chosen(id)))).toEqual([
      409,
      'VxlanNetworkInUse',
      `Unable to create the network. The VXLAN network identifier ${id} is in use.`,
    ]);
    await forget();
  });
});

describe('A network segment range', () => {
  it('is shown with what of it is used, by whom, and what is free', async () => {
    const member = await newMember(cloud.admin);
    const range = await newRange(2001, 2003, member);
    expect(range).toMatchObject({
      name: 'r',
      description: '',
      default: false,
      shared: false,
      project_id: member.project,
      network_type: 'vxlan',
      physical_network: '',
      used: {},
      available: [2001, 2002, 2003],
      tags: [],
      revision_number: 0,
    });
    const id = await idOf(member.api);
    expect(await show(range.id)).toMatchObject({
      used: { [id]: member.project },
      available: [2001, 2002, 2003].filter((one) => one !== id),
    });
    const huge = await newRange(10_000, 16_777_215);
    expect(huge).toMatchObject({ shared: true, project_id: null });
    expect(huge.available).toEqual(Array.from({ length: 1000 }, (_, i) => 10_000 + i));
    await forget();
  });

  it('keeps what of it is in use, and all of it otherwise may go', async () => {
    const member = await newMember(cloud.admin);
    const { id } = await newRange(2001, 2010, member);
    const used = await idOf(member.api);
    const inUse = [
      409,
      'NetworkSegmentRangeReferencedByProject',
      `Network Segment Range ${id} is referenced by one or more tenant networks.`,
    ];
    const change = (fields: object) => request('PUT', `/${id}`, fields);
    expect(refusalOf(await change({ minimum: used + 1, maximum: used + 20 }))).toEqual(inUse);
    expect(refusalOf(await change({ minimum: used - 20, maximum: used - 1 }))).toEqual(inUse);
    expect(refusalOf(await request('DELETE', `/${id}`))).toEqual(inUse);
    expect((await change({ minimum: used, maximum: used, name: 'small' })).status).toBe(200);
    expect(await show(id)).toMatchObject({ name: 'small', minimum: used, maximum: used, available: [] });
    await cloud.database.query('DELETE FROM neutron.networks');
    expect((await request('DELETE', `/${id}`)).status).toBe(204);
    expect(refusalOf(await request('GET', `/${id}`))).toEqual([
      404,
      'NetworkSegmentRangeNotFound',
      `Network Segment Range ${id} could not be found.`,
    ]);
  });

  it('never loses an id that a network is being given while it is made smaller', async () => {
    for (let round = 0; round < 5; round++) {
      const member = await newMember(cloud.admin);
      const { id } = await newRange(2001, 2010, member);
      const [shrunk] = await Promise.all([
        request('PUT', `/${id}`, { maximum: 2005 }),
        ...[1, 2, 3].map(() => idOf(member.api)),
        ask(cloud.admin, chosen(2009)),
      ]);
      const { maximum } = await show(id);
      expect([shrunk.status, maximum]).toEqual(shrunk.status === 200 ? [200, 2005] : [409, 2010]);
      const beyond = await cloud.database.query(
        'SELECT segmentation_id FROM neutron.networks WHERE project_id = $1 AND segmentation_id > $2',
        [member.project, maximum],
      );
      expect(beyond.rows).toEqual([]);
      await forget();
    }
  });

  it('overlaps no other one, but for the default one', async () => {
    const { id } = await newRange(2001, 2010);
    const next = await newRange(2011, 2020);
    const overlaps = [409, 'NetworkSegmentRangeOverlaps', `Network segment range overlaps with range(s) with id ${id}`];
    const asked = { network_type: 'vxlan', minimum: 1990, maximum: 2001 };
    expect(refusalOf(await request('POST', '', asked))).toEqual(overlaps);
    expect(refusalOf(await request('PUT', `/${next.id}`, { minimum: 2010 }))).toEqual(overlaps);
    const both = await Promise.all(
      [3001, 3002].map((minimum) => request('POST', '', { ...asked, minimum, maximum: 3010 })),
    );
    expect(ascending(both.map(({ status }) => status))).toEqual([201, 409]);
    await newRange(LOWEST, HIGHEST);
    await forget();
  });

  it.each([
    [
      { network_type: 'vlan', physical_network: 'p', minimum: 1, maximum: 2 },
      'NetworkSegmentRangeNetTypeNotSupported',
      'Network type vlan does not support network segment ranges.',
    ],
    [
      { network_type: 'vxlan', minimum: 5, maximum: 4 },
      'NetworkTunnelRangeError',
      "Invalid network tunnel range: '5:4' - End of tunnel range is less than start of tunnel range.",
    ],
    [
      { network_type: 'vxlan', minimum: 5, maximum: 16_777_216 },
      'NetworkTunnelRangeError',
      "Invalid network tunnel range: '5:16777216' - 16777216 is not a valid vxlan identifier.",
    ],
  ])('is refused that cannot be: %j', async (asked, type, words) => {
    expect(refusalOf(await request('POST', '', asked))).toEqual([400, type, words]);
  });

  it('is for administrators alone', async () => {
    const { api } = await newMember(cloud.admin);
    const { id } = await defaultRange();
    expect(await api.call('GET', PATH)).toEqual({ network_segment_ranges: [] });
    expect((await api.request('GET', `${PATH}/${id}`)).status).toBe(404);
    const asked = { network_segment_range: { network_type: 'vxlan', minimum: 2001, maximum: 2002 } };
    expect((await api.request('POST', PATH, asked)).status).toBe(403);
  });
});

describe('The default range', () => {
  it('is that of the settings, which nobody changes or takes away', async () => {
    const range = await defaultRange();
    expect(range).toMatchObject({
      name: '',
      shared: true,
      project_id: null,
      network_type: 'vxlan',
      minimum: LOWEST,
      maximum: HIGHEST,
    });
    const readOnly = [
      400,
      'NetworkSegmentRangeDefaultReadOnly',
      `Network Segment Range ${range.id} is a default segment range which could not be updated or deleted.`,
    ];
    expect(refusalOf(await request('PUT', `/${range.id}`, { name: 'mine' }))).toEqual(readOnly);
    expect(refusalOf(await request('DELETE', `/${range.id}`))).toEqual(readOnly);
    expect((await request('PUT', `/${range.id}/tags/blue`)).status).toBe(201);
    await cloud.services.neutron.ensureDefaultRanges();
    expect((await defaultRange()).id).toBe(range.id);
  });
});
