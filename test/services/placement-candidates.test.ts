import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';

interface Candidates {
  allocation_requests: {
    allocations: Record<string, { resources: Record<string, number> }>;
    mappings: Record<string, string[]>;
  }[];
  provider_summaries: Record<string, object>;
}
interface Refusal {
  errors: { code?: string; detail: string }[];
}
interface Given {
  parent?: string;
  has?: Record<string, number | object>;
  traits?: string[];
  aggregates?: string[];
}

describe('Placement’s allocation candidates', () => {
  let api: ServiceApi;
  /** Classes that no other test's providers have. */
  let one: string, two: string;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  const ask = <T = Refusal>(method: string, path: string, body?: unknown, minor = 39) =>
    api.admin.request<T>(method, `/placement${path}`, body, { 'openstack-api-version': `placement 1.${minor}` });
  beforeEach(async () => {
    const name = randomUUID().slice(0, 8).toUpperCase();
    [one, two] = [`CUSTOM_ONE_${name}`, `CUSTOM_TWO_${name}`];
    for (const each of [one, two]) await ask('POST', '/resource_classes', { name: each });
  });

  async function make({ parent, has = {}, traits = [], aggregates = [] }: Given): Promise<string> {
    const uuid = randomUUID();
    await ask('POST', '/resource_providers', { uuid, name: uuid, parent_provider_uuid: parent ?? null });
    const at = `/resource_providers/${uuid}`;
    const inventories = Object.fromEntries(
      Object.entries(has).map(([name, of]) => [name, typeof of === 'number' ? { total: of } : of]),
    );
    await ask('PUT', `${at}/inventories`, { resource_provider_generation: 0, inventories });
    await ask('PUT', `${at}/aggregates`, { resource_provider_generation: 1, aggregates });
    expect((await ask('PUT', `${at}/traits`, { resource_provider_generation: 2, traits })).status).toBe(200);
    return uuid;
  }
  const candidates = async (query: string, minor?: number): Promise<Candidates> => {
    const { status, body } = await ask<Candidates>('GET', `/allocation_candidates?${query}`, undefined, minor);
    expect([status, query, body]).toEqual([200, query, body]);
    return body;
  };
  /** The providers of each candidate by the suffixes of groups. */
  const mappings = async (query: string, minor?: number) =>
    (await candidates(query, minor)).allocation_requests.map((request) => request.mappings);
  const together = (...ids: string[]): string => ids.toSorted().join(' ');
  /** The providers of each candidate. */
  const providers = async (query: string, minor?: number): Promise<string[]> =>
    (await candidates(query, minor)).allocation_requests
      .map(({ allocations }) => together(...Object.keys(allocations)))
      .toSorted();
  const refusal = async (query: string, minor?: number) => {
    const { status, body } = await ask('GET', `/allocation_candidates?${query}`, undefined, minor);
    expect([query, status]).toEqual([query, 400]);
    return body.errors[0]!;
  };

  it('are each provider with room for all of it, which can be written as it is answered', async () => {
    const good = await make({ has: { [one]: { total: 4, allocation_ratio: 2, reserved: 1 }, [two]: 4 } });
    await make({ has: { [one]: 1, [two]: 4 } });
    await make({ has: { [one]: { total: 8, max_unit: 3 }, [two]: 4 } });
    await make({ has: { [one]: { total: 8, step_size: 3 }, [two]: 4 } });
    await make({ has: { [one]: 8 } });
    const resources = `resources=${one}:4,${two}:1`;
    const found = await candidates(resources);
    expect(found).toEqual({
      allocation_requests: [
        { allocations: { [good]: { resources: { [one]: 4, [two]: 1 } } }, mappings: { '': [good] } },
      ],
      provider_summaries: {
        [good]: {
          resources: { [one]: { capacity: 6, used: 0 }, [two]: { capacity: 4, used: 0 } },
          traits: [],
          parent_provider_uuid: null,
          root_provider_uuid: good,
        },
      },
    });
    const owner = { project_id: 'p', user_id: 'u', consumer_generation: null, consumer_type: 'INSTANCE' };
    const written = await ask('PUT', `/allocations/${randomUUID()}`, { ...found.allocation_requests[0], ...owner });
    expect(written.status).toBe(204);
    expect((await candidates(resources)).allocation_requests).toEqual([]);
    expect((await candidates(`resources=${one}:2`)).provider_summaries).toMatchObject({
      [good]: { resources: { [one]: { capacity: 6, used: 4 } } },
    });
  });

  it('say what the client’s microversion knows of, and are not there before 1.10', async () => {
    const id = await make({ has: { [one]: 4, [two]: 2 }, traits: ['HW_CPU_X86_VMX'] });
    const resources = { [one]: 1 };
    const asked = `resources=${one}:1`;
    const first = { [one]: { capacity: 4, used: 0 } };
    const all = { ...first, [two]: { capacity: 2, used: 0 } };
    const place = { parent_provider_uuid: null, root_provider_uuid: id };
    const traits = ['HW_CPU_X86_VMX'];
    expect((await ask('GET', `/allocation_candidates?${asked}`, undefined, 9)).status).toBe(404);
    expect(await candidates(asked, 10)).toEqual({
      allocation_requests: [{ allocations: [{ resource_provider: { uuid: id }, resources }] }],
      provider_summaries: { [id]: { resources: first } },
    });
    const requests = [{ allocations: { [id]: { resources } } }];
    for (const [minor, summary] of [
      [16, { resources: first }],
      [17, { resources: first, traits }],
      [27, { resources: all, traits }],
      [33, { resources: all, traits, ...place }],
    ] as const)
      expect([minor, await candidates(asked, minor)]).toEqual([
        minor,
        { allocation_requests: requests, provider_summaries: { [id]: summary } },
      ]);
    expect((await candidates(asked, 34)).allocation_requests).toEqual([{ ...requests[0], mappings: { '': [id] } }]);
  });

  it('spread over a tree what has no suffix, with all of the tree in the summaries, and not before 1.29', async () => {
    const root = await make({ has: { [one]: 4 } });
    const [left, right] = [
      await make({ parent: root, has: { [two]: 2 }, traits: ['HW_NIC_SRIOV'] }),
      await make({ parent: root, has: { [two]: 2 } }),
    ];
    const bare = await make({ parent: left });
    const asked = `resources=${one}:1,${two}:1`;
    expect(await providers(asked)).toEqual([together(root, left), together(root, right)].toSorted());
    const { provider_summaries: summaries } = await candidates(`${asked}&required=HW_NIC_SRIOV`);
    expect(Object.keys(summaries).toSorted()).toEqual([root, left, right, bare].toSorted());
    expect(summaries[bare]).toMatchObject({ resources: {}, parent_provider_uuid: left, root_provider_uuid: root });
    expect(await providers(`${asked}&required=!HW_NIC_SRIOV`)).toEqual([together(root, right)]);
    expect(await providers(`${asked}&in_tree=${bare}&limit=1`)).toHaveLength(1);
    expect(await providers(`${asked}&in_tree=${randomUUID()}`)).toEqual([]);
    expect(await providers(asked, 28)).toEqual([]);
    const alone = await candidates(`resources=${two}:2&required=HW_NIC_SRIOV`, 28);
    expect(Object.keys(alone.provider_summaries)).toEqual([left]);
  });

  it('take from a sharing provider what a tree in its aggregate has not', async () => {
    const [shared, other] = [randomUUID(), randomUUID()];
    const share = { has: { [two]: 100 }, traits: ['MISC_SHARES_VIA_AGGREGATE'], aggregates: [shared] };
    const disk = await make(share);
    const host = await make({ has: { [one]: 4 }, aggregates: [shared], traits: ['HW_CPU_X86_VMX'] });
    await make({ has: { [one]: 4 }, aggregates: [other] });
    const asked = `resources=${one}:1,${two}:10`;
    expect(await providers(asked)).toEqual([together(host, disk)]);
    expect(await providers(asked, 12)).toEqual([together(host, disk)]);
    expect(await providers(`${asked}&required=HW_CPU_X86_VMX,MISC_SHARES_VIA_AGGREGATE`)).toHaveLength(1);
    expect(await mappings(`resources=${one}:1&resources_DISK=${two}:10`)).toEqual([{ '': [host], _DISK: [disk] }]);
    // Of itself alone it is one candidate, from whichever tree it is used; a root may be asked for.
    expect(await providers(`resources=${two}:1`)).toEqual([disk]);
    expect(await providers(`resources=${two}:1&root_required=HW_CPU_X86_VMX`)).toEqual([disk]);
    expect(await providers(`resources=${two}:1&root_required=HW_CPU_X86_SVM`)).toEqual([]);
    expect(await providers(`${asked}&root_required=!HW_CPU_X86_VMX`)).toEqual([]);
  });

  it('keep groups with suffixes to one provider each, apart when they are isolated, and within its room together', async () => {
    const root = await make({});
    const [a, b] = [
      await make({ parent: root, has: { [one]: 2, [two]: 1 } }),
      await make({ parent: root, has: { [one]: 1 } }),
    ];
    const asked = `resources1=${one}:1&resources2=${one}:1`;
    const apart = [
      { 1: [a], 2: [b] },
      { 1: [b], 2: [a] },
    ];
    expect(await mappings(`${asked}&group_policy=isolate`)).toEqual(expect.arrayContaining(apart));
    expect(await mappings(`${asked}&group_policy=isolate`)).toHaveLength(2);
    const any = await candidates(`${asked}&group_policy=none`);
    expect(any.allocation_requests).toHaveLength(3);
    expect(any.allocation_requests).toContainEqual({
      allocations: { [a]: { resources: { [one]: 2 } } },
      mappings: { 1: [a], 2: [a] },
    });
    expect(await mappings(`resources_X=${one}:1,${two}:1`)).toEqual([{ _X: [a] }]);
    expect(await mappings(`resources=${one}:2&${asked}&group_policy=none`)).toEqual([]);
    expect((await refusal(asked)).detail).toContain('"group_policy" parameter is required');
  });

  it('have one of several traits and aggregates, where a tree is in those of its root', async () => {
    const [here, there] = [randomUUID(), randomUUID()];
    const root = await make({ aggregates: [here] });
    const leaf = await make({ parent: root, has: { [one]: 1 }, traits: ['HW_CPU_X86_AVX'] });
    const flat = await make({ has: { [one]: 1 }, traits: ['HW_CPU_X86_AVX2'], aggregates: [there] });
    const found = (query: string) => providers(`resources=${one}:1&${query}`);
    expect(await found('required=in:HW_CPU_X86_AVX,HW_CPU_X86_AVX2')).toHaveLength(2);
    expect(await found('required=in:HW_CPU_X86_AVX,HW_CPU_X86_AVX2&required=!HW_CPU_X86_AVX')).toEqual([flat]);
    expect(await found('required=HW_CPU_X86_AVX,HW_CPU_X86_AVX2')).toEqual([]);
    expect(await found(`member_of=${here}`)).toEqual([leaf]);
    expect(await found(`member_of=in:${here},${there}`)).toHaveLength(2);
    expect(await found(`member_of=${here}&member_of=${there}`)).toEqual([]);
    expect(await found(`member_of=!${here}`)).toEqual([flat]);
    expect(await mappings(`resources1=${one}:1&member_of1=${here}`)).toEqual([]);
    expect(await mappings(`resources1=${one}:1&member_of1=${there}`)).toEqual([{ 1: [flat] }]);
  });

  it('keep groups to one subtree, of which one that takes nothing may be the head', async () => {
    const root = await make({});
    const nics = [
      await make({ parent: root, traits: ['HW_NIC_SRIOV'] }),
      await make({ parent: root, traits: ['HW_NIC_SRIOV'] }),
    ];
    const [first, second] = [
      await make({ parent: nics[0]!, has: { [one]: 1 } }),
      await make({ parent: nics[0]!, has: { [one]: 1 } }),
    ];
    await make({ parent: nics[1]!, has: { [one]: 1 } });
    const asked = `resources_A=${one}:1&resources_B=${one}:1&required_NIC=HW_NIC_SRIOV&group_policy=isolate`;
    const found = await mappings(`${asked}&same_subtree=_A,_B,_NIC`);
    expect(found).toHaveLength(2);
    for (const [_A, _B] of [
      [[first], [second]],
      [[second], [first]],
    ])
      expect(found).toContainEqual({ _A, _B, _NIC: [nics[0]] });
    expect(await mappings(`${asked}&same_subtree=_A,_B&same_subtree=_NIC`)).toEqual([]);
  });

  it('are no more than a limit, and with as much of the summaries', async () => {
    for (let i = 0; i < 4; i++) await make({ has: { [one]: 1 } });
    const found = await candidates(`resources=${one}:1&limit=3`, 16);
    expect(found.allocation_requests).toHaveLength(3);
    expect(Object.keys(found.provider_summaries)).toHaveLength(3);
  });

  it('end where choices are without end', async () => {
    const root = await make({});
    const suffixes = Array.from({ length: 12 }, (_, i) => `_${i}`);
    for (const _ of suffixes) await make({ parent: root, has: { [one]: 1 } });
    const groups = [...suffixes, '_more'].map((suffix) => `resources${suffix}=${one}:1`).join('&');
    expect(await mappings(`${groups}&group_policy=isolate`)).toEqual([]);
  });

  it('are refused in Placement’s words and with its codes', async () => {
    const any = 'resources=VCPU:1';
    for (const [query, minor, detail, code] of [
      ['', 24, "'resources' is a required property"],
      [`${any}&limit=1`, 15, "Additional properties are not allowed ('limit' was unexpected)"],
      [`${any}&limit=0`, 39, "'0' does not match '^[1-9][0-9]*$'"],
      [`${any}&resources_A=VCPU:1`, 32, "'resources_A' does not match any of the regexes: '^in_tree([1-9][0-9]*)?$'"],
      [`${any}&group_policy=some`, 39, "'some' is not one of ['none', 'isolate']"],
      ['resources=', 39, 'Got: empty string.'],
      ['resources=VCPU:0', 39, 'requires amount >= 1'],
      ['resources=NONE:1', 39, 'Invalid resource class in resources parameter: No such resource class NONE.'],
      [`${any}&required=CUSTOM_NONE`, 39, 'No such trait(s): CUSTOM_NONE.'],
      [`${any}&root_required=CUSTOM_NONE`, 39, 'No such trait(s): CUSTOM_NONE.'],
      [`${any}&required=!HW_CPU_X86_VMX`, 21, 'of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: !HW_CPU_X86_VMX'],
      [`${any}&required=in:HW_CPU_X86_VMX`, 38, 'only supported since microversion 1.39'],
      [`${any}&required=A,!A`, 39, 'in the following traits keys: required: (A)'],
      [`${any}&root_required=A,!A`, 39, 'found in root_required: A', 'placement.query.bad_value'],
      [`${any}&root_required=A&root_required=B`, 39, 'specified only once', 'placement.query.duplicate_key'],
      [`${any}&member_of=no`, 39, "Expected 'member_of' parameter to contain valid UUID(s). Got: no"],
      [`${any}&in_tree=no`, 39, "Expected 'in_tree' parameter to be a format of uuid. Got: no"],
      [`${any}&required1=HW_CPU_X86_VMX`, 35, 'orphaned traits keys: required1'],
      [`${any}&member_of1=${randomUUID()}`, 35, 'orphaned member_of keys: member_of1'],
      [`${any}&in_tree1=${randomUUID()}`, 35, 'All request groups must specify resources.'],
      ['', 35, 'At least one request group'],
      ['', 39, 'There must be at least one resources', 'placement.query.missing_value'],
      [`${any}&required1=HW_CPU_X86_VMX`, 39, "bad group(s) - ['1'].", 'placement.query.bad_value'],
      [`${any}&same_subtree=1`, 39, "['1'] not found in ['']", 'placement.query.bad_value'],
      [`${any}&same_subtree=,`, 39, 'Empty string (unsuffixed group)', 'placement.query.bad_value'],
    ] as const) {
      const error = await refusal(query, minor);
      expect(error.detail).toContain(detail);
      if (minor >= 23) expect([query, error.code]).toEqual([query, code ?? 'placement.undefined_code']);
    }
  });
});
