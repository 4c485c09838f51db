import { describe, expect, it } from 'vitest';
import { withCatalog } from '../setup/catalog.js';
import { answerOf, newName, readWith, v3, type Item } from '../setup/identity.js';

const { world, ask, regions, endpoints, newPlace } = withCatalog();

describe('regions', () => {
  it('are made with an id of the client’s choice or a new one, changed, and found by the region that they are in', async () => {
    const [id, other] = [newName(), newName()];
    const region = await regions().make({ id, description: 'here', own: 1 });
    expect(region).toEqual({
      id,
      description: 'here',
      parent_region_id: null,
      own: 1,
      links: { self: `${world.cloud.admin.base}${v3}/regions/${id}` },
    });
    expect((await regions().make({})).id).toMatch(/^[0-9a-f]{32}$/);
    expect((await regions().make({ id: '' })).id).toMatch(/^[0-9a-f]{32}$/);
    const put = await world.cloud.admin.request<{ region: Item }>('PUT', `${v3}/regions/${other}`, {
      region: { parent_region_id: id, description: null },
    });
    expect([put.status, put.body.region]).toMatchObject([201, { id: other, parent_region_id: id, description: '' }]);
    expect(await regions().list(`parent_region_id=${id}`)).toEqual([other]);
    expect(await regions().change(other, { parent_region_id: null, more: [2] })).toMatchObject({
      parent_region_id: null,
      more: [2],
    });
    expect(await regions().show(id)).toEqual(region);
    expect(
      (await readWith<{ region: Item }>(world.cloud.admin.base, world.member.api.sessionToken, `/regions/${id}`))
        .status,
    ).toBe(200);
    expect(await answerOf(world.member.api, 'POST', '/regions', { region: {} })).toEqual([403, expect.any(String)]);
  });

  it('are refused when there is one, when what they are to be in is not there or in themselves, and for another id', async () => {
    const [top, below] = [newName(), newName()];
    await regions().make({ id: top });
    await regions().make({ id: below, parent_region_id: top });
    expect(await regions().refusesToMake({ id: top })).toEqual([
      409,
      `Conflict occurred attempting to store region - Duplicate ID, ${top}..`,
    ]);
    expect(await regions().refusesToMake({ parent_region_id: 'nowhere' })).toEqual([
      404,
      'Could not find region: nowhere.',
    ]);
    expect(await ask('PUT', `/regions/${top}`, { region: { id: below } })).toEqual([
      400,
      `Conflicting region IDs specified: "${top}" != "${below}"`,
    ]);
    for (const parent of [top, below])
      expect(await regions().refusesToChange(top, { parent_region_id: parent })).toEqual([
        400,
        `The specified parent region ${parent} would create a circular region hierarchy.`,
      ]);
    expect(await regions().refusesToChange(top, { id: below })).toEqual([400, 'Cannot change ID']);
    expect((await regions().refusesToChange(top, {}))[0]).toBe(400);
  });

  it('that would make a circle together are not both moved: one is, and the other one is told why not', async () => {
    // Each round is a race that one of them could win at any step.
    for (let round = 0; round < 20; round++) {
      const [one, other] = [newName(), newName()];
      await regions().make({ id: one });
      await regions().make({ id: other });
      const into = (id: string, parent: string) =>
        ask('PATCH', `/regions/${id}`, { region: { parent_region_id: parent } });
      const answers = await Promise.all([into(one, other), into(other, one)]);
      const moved = answers[0][0] === 200 ? one : other;
      expect(answers.toSorted(([a], [b]) => a - b)).toEqual([
        [200, ''],
        [400, `The specified parent region ${moved} would create a circular region hierarchy.`],
      ]);
    }
  });

  it('go with those in them, and not while an endpoint is in one of them', async () => {
    const { top, below, endpoint } = await newPlace();
    expect(await regions().remove(top)).toEqual([
      403,
      `Unable to delete region ${top} because it or its child regions have associated endpoints.`,
    ]);
    expect(await endpoints().remove(endpoint.id)).toEqual([204, '']);
    expect(await regions().remove(top)).toEqual([204, '']);
    expect((await ask('GET', `/regions/${below}`))[0]).toBe(404);
  });
});
