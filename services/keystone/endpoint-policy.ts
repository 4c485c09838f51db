import { notFound } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { find, hold, type Ref } from './held.js';
import { newId, type KeystoneParts } from './words.js';

/** Where a policy applies: to an endpoint, to a service, or to a service in a region and those within it. */
export interface PolicyPlace {
  readonly endpoint_id?: string;
  readonly service_id?: string;
  readonly region_id?: string;
}

const ID = rowType({ id: text });

/** Which policy is an endpoint's (OS-ENDPOINT-POLICY; keystone/endpoint_policy/core.py). The routes' rules say who may do what. */
export class EndpointPolicy {
  constructor(private readonly parts: KeystoneParts) {}

  private get db() {
    return this.parts.db;
  }

  /** Makes a policy the one of a place, whichever it had. @throws 404 without the policy or the place */
  async associate(policyId: string, place: PolicyPlace): Promise<void> {
    const { endpoint_id = null, service_id = null, region_id = null } = place;
    await this.db.$transaction(async (tx) => {
      await hold(tx, ['policy', policyId], ...refsOf(place));
      await tx.$executeRaw`
        INSERT INTO keystone.policy_associations (id, policy_id, endpoint_id, service_id, region_id)
        VALUES (${newId()}, ${policyId}, ${endpoint_id}, ${service_id}, ${region_id})
        ON CONFLICT (endpoint_id, service_id, region_id) DO UPDATE SET policy_id = EXCLUDED.policy_id`;
    });
  }

  /** @throws 404 without the policy or the place, and where it is not the policy of that */
  async check(policyId: string, place: PolicyPlace): Promise<void> {
    await find(this.db, ['policy', policyId], ...refsOf(place));
    const found = await this.db.policyAssociation.findFirst({ where: { policy_id: policyId, ...columnsOf(place) } });
    if (found === null) throw notFound('NotFound', 'Could not find policy association.');
  }

  /** One that is not there is gone already. @throws 404 without the policy or the place */
  async dissociate(policyId: string, place: PolicyPlace): Promise<void> {
    await find(this.db, ['policy', policyId], ...refsOf(place));
    await this.db.policyAssociation.deleteMany({ where: { policy_id: policyId, ...columnsOf(place) } });
  }

  /** The endpoints to which a policy applies. @throws 404 without the policy */
  async endpointsOf(policyId: string) {
    await find(this.db, ['policy', policyId]);
    const matching = await rowsOf(this.db, ID)`
      WITH RECURSIVE within AS (
        SELECT a.service_id, a.region_id FROM keystone.policy_associations a
        WHERE a.policy_id = ${policyId} AND a.region_id IS NOT NULL
        UNION SELECT w.service_id, r.id FROM within w JOIN keystone.regions r ON r.parent_region_id = w.region_id)
      SELECT e.id FROM keystone.endpoints e
      WHERE EXISTS (SELECT 1 FROM within w WHERE w.service_id = e.service_id AND w.region_id = e.region_id)
        OR EXISTS (SELECT 1 FROM keystone.policy_associations a WHERE a.policy_id = ${policyId}
          AND (a.endpoint_id = e.id OR (a.service_id = e.service_id AND a.region_id IS NULL)))`;
    return this.db.endpoint.findMany({ where: { id: { in: matching.map(({ id }) => id) } }, orderBy: { id: 'asc' } });
  }

  /** The policy of an endpoint: its own, else that of its service in the nearest region, else its service's. @throws 404 */
  async policyOf(endpointId: string) {
    await find(this.db, ['endpoint', endpointId]);
    const [nearest] = await rowsOf(this.db, ID)`
      WITH RECURSIVE up AS (
        SELECT r.id, r.parent_region_id, 1 AS far FROM keystone.endpoints e JOIN keystone.regions r ON r.id = e.region_id
        WHERE e.id = ${endpointId}
        UNION ALL SELECT r.id, r.parent_region_id, far + 1 FROM up JOIN keystone.regions r ON r.id = up.parent_region_id)
      SELECT a.policy_id AS id FROM keystone.endpoints e
      JOIN keystone.policy_associations a ON a.endpoint_id = e.id OR a.service_id = e.service_id
      LEFT JOIN up ON up.id = a.region_id
      WHERE e.id = ${endpointId} AND (a.region_id IS NULL OR up.id IS NOT NULL)
      ORDER BY a.endpoint_id IS NULL, up.far NULLS LAST LIMIT 1`;
    const policy = nearest && (await this.db.policy.findUnique({ where: { id: nearest.id } }));
    if (!policy) throw notFound('NotFound', `No policy is associated with endpoint ${endpointId}.`);
    return policy;
  }
}

/** What a place names, in the order in which Keystone looks for it. */
const refsOf = ({ endpoint_id, service_id, region_id }: PolicyPlace): Ref[] => [
  ...(endpoint_id === undefined ? [] : [['endpoint', endpoint_id] as const]),
  ...(service_id === undefined ? [] : [['service', service_id] as const]),
  ...(region_id === undefined ? [] : [['region', region_id] as const]),
];

/** The columns of an association; all of them, since those that do not apply are null. */
const columnsOf = ({ endpoint_id, service_id, region_id }: PolicyPlace) => ({
  endpoint_id: endpoint_id ?? null,
  service_id: service_id ?? null,
  region_id: region_id ?? null,
});
