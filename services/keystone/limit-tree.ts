import type { Queries } from '../kernel/database.js';
import { forbidden, type OpenStackError } from '../kernel/errors.js';
import { takeTurn } from '../kernel/hard-limits.js';
import { integer, nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import type { ModelName } from './limit-model.js';

/** A limit as it is to be. */
interface Limit {
  readonly id: string;
  readonly registered_limit_id: string;
  readonly project_id: string | null;
  readonly domain_id: string | null;
  readonly resource_limit: number;
  readonly registered: {
    readonly service_id: string;
    readonly region_id: string | null;
    readonly resource_name: string;
  };
}

const OTHERS = rowType({ id: text, above: integer, highest: nullable(integer) });

/**
 * By `strict_two_level`, no project's limit is higher than its domain's, which is the registered one where the domain has
 * none (keystone/limit/models/strict_two_level.py). Keystone compares -1 as a number; here it is what it means, no limit.
 * @param limits as they are to be; those that a request makes are there already
 * @throws 403 in Keystone's words
 */
export async function checkModel(tx: Queries, model: ModelName, limits: readonly Limit[]): Promise<void> {
  if (model === 'flat') return;
  // Two that change limits of one domain at once would each see what the other has not changed yet.
  await takeTurn(tx, 'keystone limits');
  const column = (of: Exclude<keyof Limit, 'registered'>): string[] => limits.map((limit) => String(limit[of] ?? ''));
  const rows = await rowsOf(tx, OTHERS)`
    SELECT given.id, COALESCE(
        (SELECT resource_limit FROM keystone.limits WHERE registered_limit_id = r.id AND domain_id = p.domain_id),
        r.default_limit) AS above,
      (SELECT l.resource_limit FROM keystone.limits l JOIN keystone.projects child ON child.id = l.project_id
       WHERE l.registered_limit_id = r.id AND child.domain_id = given.domain
       ORDER BY l.resource_limit < 0 DESC, l.resource_limit DESC LIMIT 1) AS highest
    FROM unnest(${column('id')}::text[], ${column('registered_limit_id')}::text[], ${column('project_id')}::text[],
      ${column('domain_id')}::text[]) AS given(id, registered, project, domain)
    JOIN keystone.registered_limits r ON r.id = given.registered LEFT JOIN keystone.projects p ON p.id = given.project`;
  const others = new Map(rows.map((row) => [row.id, row]));
  const unfitting = limits.find(({ id, project_id, resource_limit }) => {
    const { above, highest } = others.get(id)!;
    return project_id === null
      ? highest !== null && unbound(highest) > unbound(resource_limit)
      : unbound(resource_limit) > unbound(above);
  });
  if (unfitting !== undefined) throw unfit(unfitting);
}

const unbound = (limit: number): number => (limit < 0 ? Infinity : limit);

function unfit({ project_id, domain_id, resource_limit, registered }: Limit): OpenStackError {
  const whose = project_id === null ? `domain_id: ${domain_id ?? ''}` : `project_id: ${project_id}`;
  const { resource_name, service_id, region_id } = registered;
  return forbidden(
    `Invalid resource limit: The resource limit (${whose}, resource_name: ${resource_name}, resource_limit: ${resource_limit}, service_id: ${service_id}, region_id: ${region_id ?? 'None'}) doesn't satisfy current hierarchy model..`,
  );
}
