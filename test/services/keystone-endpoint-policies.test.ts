import { describe, expect, it } from 'vitest';
import { withCatalog } from '../setup/catalog.js';
import { answerOf, bodyOf, newName, type Item } from '../setup/identity.js';

const { world, ask, policies, newPlace } = withCatalog();

describe('policies of endpoints', () => {
  it('are the endpoint’s own, else its service’s in the nearest region, else its service’s', async () => {
    const { top, service, endpoint } = await newPlace();
    const policy = async (blob: string): Promise<Item> => policies().make({ type: 'application/json', blob, own: 1 });
    const [ofEndpoint, ofRegion, ofService] = await Promise.all(['e', 'r', 's'].map(policy));
    const at = (one: Item, place: string): string => `/policies/${one.id}/OS-ENDPOINT-POLICY/${place}`;
    const effective = () =>
      bodyOf<{ policy: Item }>(world.cloud.admin, 'GET', `/endpoints/${endpoint.id}/OS-ENDPOINT-POLICY/policy`);
    expect(await ask('GET', `/endpoints/${endpoint.id}/OS-ENDPOINT-POLICY/policy`)).toEqual([
      404,
      `No policy is associated with endpoint ${endpoint.id}.`,
    ]);
    expect(await ask('PUT', at(ofService!, `services/${service.id}`))).toEqual([204, '']);
    expect((await effective()).policy.id).toBe(ofService!.id);
    expect(await ask('PUT', at(ofRegion!, `services/${service.id}/regions/${top}`))).toEqual([204, '']);
    expect((await effective()).policy.id).toBe(ofRegion!.id);
    expect(await ask('PUT', at(ofEndpoint!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect((await effective()).policy).toEqual(await policies().show(ofEndpoint!.id));
    const list = async (one: Item): Promise<string[]> =>
      (await bodyOf<{ endpoints: Item[] }>(world.cloud.admin, 'GET', at(one, 'endpoints'))).endpoints.map(
        ({ id }) => id,
      );
    expect(await list(ofEndpoint!)).toEqual([endpoint.id]);
    expect(await list(ofRegion!)).toEqual([endpoint.id]);
    expect(await list(ofService!)).toHaveLength(2);
    expect(await ask('PUT', at(ofService!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect(await ask('GET', at(ofEndpoint!, `endpoints/${endpoint.id}`))).toEqual([
      404,
      'Could not find policy association.',
    ]);
    expect(await ask('DELETE', at(ofService!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect(await ask('DELETE', at(ofService!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect((await ask('PUT', at(ofService!, 'services/nothing')))[0]).toBe(404);
    expect(await policies().remove(ofRegion!.id)).toEqual([204, '']);
    expect((await effective()).policy.id).toBe(ofService!.id);
  });

  it('are kept as they are, found by their type, and refused for another id', async () => {
    const policy = await policies().make({ type: newName(), blob: '{"a": "b"}', own: 1 });
    expect(await policies().list(`type=${String(policy['type'])}`)).toEqual([policy.id]);
    expect(await policies().change(policy.id, { blob: 'c' })).toEqual({ ...policy, blob: 'c' });
    expect(await policies().refusesToChange(policy.id, { id: 'x' })).toEqual([400, 'Cannot change policy ID']);
    expect((await policies().refusesToMake({ type: 't' }))[0]).toBe(400);
    expect((await answerOf(world.member.api, 'GET', '/policies'))[0]).toBe(403);
  });
});
