import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { CONTROLLERS } from '#apps/api/app';
import { isPublic } from '#apps/api/http/policy';
import type { Route } from '#apps/api/http/routes';
import { Documents } from '#apps/api/openapi/documents';
import { pathTemplate } from '#apps/api/openapi/operation';
import { describedBy } from '../fuzz/run.js';
import { sampleBody } from '../fuzz/samples.js';
import { operationsOf, type OpenApi } from '../setup/openapi.js';
import { allRoutes } from '../setup/routes.js';
import { Tenant, adminOf } from '../setup/tenant.js';
import { placesIn, withAt, type Place } from './named-places.js';
import { HEADERS, filled, likeness, makeVictim, ownBody, type Victim } from './victim.js';

const cloud = provided('fake');
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);
/** Requests at once: as many as keep the api busy. */
const limit = pLimit(16);

/** What OpenStack says of somebody else's thing by its id, and why it may. */
const TOLD: readonly { readonly place: RegExp; readonly why: string }[] = [
  {
    place: /trusts: trust\.trustee_user_id/,
    why: 'whoever knows the id of a user may trust him (keystone/api/trusts.py)',
  },
  {
    place: /metric\/v1\/resource\/.*: (project|user)_id of/,
    why: 'whoever makes a resource says whose it is, and Gnocchi compares it with nothing (gnocchi/rest/api.py: ResourcesController)',
  },
  { place: /credentials: credential\.project_id/, why: 'a note of the client that Keystone compares with nothing' },
];

describe('what belongs to somebody else, named in a body', () => {
  let victim: Victim;
  let own: Victim;
  let caller: Tenant;
  let named: { readonly route: Route; readonly place: Place }[];
  const invented = new Map<string, string>();

  beforeAll(async () => {
    const admin = await adminOf(cloud);
    const guarded = allRoutes().filter(({ rule }) => rule !== undefined && !isPublic(rule));
    caller = await Tenant.make(cloud);
    victim = await makeVictim(await Tenant.make(cloud), admin, guarded);
    own = await makeVictim(caller, admin, guarded);
    for (const [collection, id] of victim.ids) invented.set(collection, likeness(id));
    const document = (await new Documents(CONTROLLERS).whole()) as OpenApi;
    const operations = operationsOf(document);
    named = allRoutes()
      .filter(({ method }) => WITH_BODY.has(method))
      .flatMap((route) => {
        const { body } = describedBy(operations.get(`${route.method} ${pathTemplate(route.path)}`));
        return placesIn(body, document.components.schemas).map((place) => ({ route, place }));
      });
  }, 120_000);

  it('is answered as what is not there', async () => {
    const wrong: string[] = [];
    let asked = 0;
    const pairs = named.flatMap(({ route, place }) =>
      place.collections
        .filter((collection) => victim.ids.has(collection))
        .map((collection) => ({ route, place, collection })),
    );
    await Promise.all(
      pairs.map(({ route, place, collection }) =>
        limit(async () => {
          const told = `${route.method} ${route.path}: ${place.way.join('.')} of ${collection}`;
          if (TOLD.some((one) => one.place.test(told))) return;
          const id = victim.ids.get(collection)!;
          const one = await send(route, place, id);
          const other = await send(route, place, invented.get(collection)!);
          asked++;
          // What was made shows ids and times of its own, and must not be somebody else's.
          const same = one.status < 300 ? !one.text.includes(id) : blank(one.text) === blank(other.text);
          if (one.status >= 500 || one.status !== other.status || !same)
            wrong.push(
              `${told}: ${one.status} ${one.text.slice(0, 200)} / ${other.status} ${other.text.slice(0, 200)}`,
            );
        }),
      ),
    );
    console.log(`bodies: ${asked} pairs of somebody else’s thing and one that is not there`);
    expect(asked).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });

  /** A good body of the caller's own with one thing in it that is not his. */
  async function send(route: Route, place: Place, id: string): Promise<{ status: number; text: string }> {
    const collection = route.path.split('/').at(-1)!;
    const unique = `body-${randomUUID().slice(0, 8)}`;
    const good =
      (route.method === 'POST' ? ownBody(collection, own.ids, unique) : undefined) ??
      sampleBody(`${route.method} ${route.path}`, own.names, unique);
    const { status, body } = await caller.api.request<unknown>(
      route.method,
      filled(route.path, own.ids, 'nothing'),
      withAt(good, place.way, id),
      HEADERS,
    );
    return { status, text: JSON.stringify(body) ?? '' };
  }

  /** An answer without what is each one's own. */
  const blank = (text: string): string =>
    [...victim.ids.values(), ...invented.values()].reduce(
      (all, id) => all.replaceAll(id, '…'),
      text.replaceAll(/req-[0-9a-f-]{36}|body-[0-9a-f]{8}/g, '…'),
    );
});
