import type { Database, Queries } from '../../kernel/database.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { tellOfTokens } from '../words.js';
import { shippedEndpoints, shippedServices, type ShippedEndpoint } from './shipped.js';

/**
 * Makes the region, the services and the endpoints of this cloud, and brings those that it made to the address and the region of the
 * configuration. What an operator made stays, and so does an address that an operator changed; to take one out of the catalog is to
 * disable it, since one that is gone is made again.
 * @param publicUrl the API's address, without a slash at the end
 */
export async function makeCatalog(db: Database, publicUrl: string, region: string): Promise<void> {
  await db.$transaction(async (tx) => {
    await takeTurn(tx, 'keystone catalog');
    await tx.region.createMany({ data: [{ id: region }], skipDuplicates: true });
    await tx.service.createMany({ data: shippedServices(), skipDuplicates: true });
    const endpoints = shippedEndpoints(publicUrl, region);
    await moveToRegion(tx, endpoints, region);
    await tx.endpoint.createMany({
      data: endpoints.map((endpoint) => ({ ...endpoint, made_url: endpoint.url })),
      skipDuplicates: true,
    });
    await tx.$executeRaw`
      UPDATE keystone.endpoints e SET url = wanted.url, made_url = wanted.url
      FROM unnest(${endpoints.map(({ id }) => id)}::text[], ${endpoints.map(({ url }) => url)}::text[]) AS wanted(id, url)
      WHERE e.id = wanted.id AND e.url = e.made_url AND e.url <> wanted.url`;
    await tellOfTokens(tx);
  });
}

/** The cloud's own endpoints of the region that the configuration named before go to the one that it names. */
async function moveToRegion(tx: Queries, wanted: readonly ShippedEndpoint[], region: string): Promise<void> {
  const elsewhere = await tx.endpoint.findMany({
    where: { made_url: { not: null }, region_id: { not: region } },
    select: { id: true, region_id: true },
  });
  const moved = elsewhere.flatMap(({ id, region_id }) => {
    // One that an operator moved has an id that is derived of another region.
    const place = shippedEndpoints('', region_id ?? '').findIndex((endpoint) => endpoint.id === id);
    return place < 0 ? [] : [{ from: id, to: wanted[place]!.id, region: region_id ?? '' }];
  });
  if (moved.length === 0) return;
  const [from, to] = [moved.map((one) => one.from), moved.map((one) => one.to)];
  await tx.$executeRaw`
    UPDATE keystone.endpoints e SET id = moved.next, region_id = ${region}
    FROM unnest(${from}::text[], ${to}::text[]) AS moved(before, next)
    WHERE e.id = moved.before AND NOT EXISTS (SELECT 1 FROM keystone.endpoints WHERE id = moved.next)`;
  await tx.$executeRaw`
    UPDATE keystone.policy_associations a SET endpoint_id = moved.next
    FROM unnest(${from}::text[], ${to}::text[]) AS moved(before, next) WHERE a.endpoint_id = moved.before`;
  // A region that nothing is in and nobody has said anything about.
  await tx.$executeRaw`
    DELETE FROM keystone.regions r
    WHERE r.id = ANY(${moved.map((one) => one.region)}) AND r.description = '' AND r.extra = '{}' AND r.parent_region_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM keystone.endpoints WHERE region_id = r.id)
      AND NOT EXISTS (SELECT 1 FROM keystone.regions WHERE parent_region_id = r.id)
      AND NOT EXISTS (SELECT 1 FROM keystone.registered_limits WHERE region_id = r.id)
      AND NOT EXISTS (SELECT 1 FROM keystone.policy_associations WHERE region_id = r.id)`;
}
