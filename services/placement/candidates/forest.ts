import { Type } from 'typebox';
import { badRequest } from '../../kernel/errors.js';
import { nullable, rowType, rowsOf, text, texts, word, type Row } from '../../kernel/rows.js';
import type { Statements } from '../../kernel/sql.js';
import { PROVIDER_CLASS, capacityOf, fitting } from '../fits.js';
import type { CandidatesRequest } from './request.js';

/** A provider with this trait gives what it has to the trees that have an aggregate with it. */
const SHARES = 'MISC_SHARES_VIA_AGGREGATE';
/** No inventory has as much: its units are counted in 32 bits. */
const TOO_MUCH = 2 ** 31;

const PROVIDER = rowType({
  id: text,
  root: text,
  parent: nullable(text),
  aggregates: texts,
  traits: texts,
  classes: Type.Record(Type.String(), PROVIDER_CLASS),
});
/** A provider with all that a request can ask of it. */
export type Provider = Row<typeof PROVIDER>;

const UNKNOWN = rowType({ kind: word<'class' | 'trait'>(), name: text });

/** The trees of providers in which a request can be met, as they were at one moment. */
export class Forest {
  private readonly byId: ReadonlyMap<string, Provider>;
  private readonly rootsByAggregate = new Map<string, Set<string>>();

  constructor(readonly providers: readonly Provider[]) {
    this.byId = new Map(providers.map((one) => [one.id, one]));
    for (const { root, aggregates } of providers)
      for (const aggregate of aggregates) {
        const roots = this.rootsByAggregate.get(aggregate) ?? new Set();
        this.rootsByAggregate.set(aggregate, roots.add(root));
      }
  }

  /**
   * Reads by one statement the trees that have a provider with room for something of the request, and all that sharing
   * providers give to.
   */
  static async read(sql: Statements, { groups }: CandidatesRequest): Promise<Forest> {
    const wanted = groups.flatMap(({ resources }) => Object.entries(resources));
    const rows = await rowsOf(sql, PROVIDER)`
      WITH wanted AS (
        SELECT * FROM unnest(${wanted.map(([name]) => name)}::text[],
          ${wanted.map(([, amount]) => Math.min(amount, TOO_MUCH))}::bigint[]) AS w(resource_class, amount)),
      fitting AS (
        SELECT i.resource_provider_id AS id FROM wanted w JOIN placement.inventories i USING (resource_class)
        WHERE ${fitting('w.amount', 'i')}
          AND w.amount + COALESCE((SELECT sum(a.used) FROM placement.allocations a
                WHERE a.resource_provider_id = i.resource_provider_id AND a.resource_class = i.resource_class), 0)
              <= ${capacityOf('i')}),
      sharing AS (
        SELECT p.id, p.aggregates FROM placement.resource_provider_traits t
        JOIN placement.resource_providers p ON p.id = t.resource_provider_id WHERE t.trait = ${SHARES}),
      trees AS (
        SELECT DISTINCT COALESCE(p.root_provider_id, p.id) AS root FROM placement.resource_providers p
        WHERE p.id IN (SELECT id FROM fitting UNION ALL SELECT id FROM sharing)
          OR EXISTS (SELECT 1 FROM sharing s WHERE s.aggregates && p.aggregates))
      SELECT p.id, t.root, p.parent_provider_id AS parent, p.aggregates,
        ARRAY(SELECT r.trait FROM placement.resource_provider_traits r
              WHERE r.resource_provider_id = p.id ORDER BY 1) AS traits,
        COALESCE((SELECT jsonb_object_agg(i.resource_class, jsonb_build_object(
              'capacity', ${capacityOf('i')}, 'minUnit', i.min_unit, 'maxUnit', i.max_unit, 'stepSize', i.step_size,
              'used', COALESCE((SELECT sum(a.used) FROM placement.allocations a
                WHERE a.resource_provider_id = p.id AND a.resource_class = i.resource_class), 0)))
          FROM placement.inventories i WHERE i.resource_provider_id = p.id), '{}') AS classes
      FROM placement.resource_providers p JOIN trees t ON t.root = COALESCE(p.root_provider_id, p.id) ORDER BY p.id`;
    return new Forest(rows);
  }

  get(id: string): Provider | undefined {
    return this.byId.get(id);
  }

  sharing({ traits }: Provider): boolean {
    return traits.includes(SHARES);
  }

  /** The roots of the trees that may use what a provider has: its own, and those that it shares with. */
  anchorsOf(provider: Provider): ReadonlySet<string> {
    const others = this.sharing(provider)
      ? provider.aggregates.flatMap((one) => [...(this.rootsByAggregate.get(one) ?? [])])
      : [];
    return new Set([provider.root, ...others]);
  }

  /** Whether a provider is another one or above it. */
  isAbove(id: string, other: Provider): boolean {
    for (let one: Provider | undefined = other; one !== undefined; one = this.byId.get(one.parent ?? ''))
      if (one.id === id) return true;
    return false;
  }
}

/** @throws 400 for the first class or trait of a request that is not there, in Placement's words */
export async function checkNamed(sql: Statements, { groups, root }: CandidatesRequest): Promise<void> {
  const named: (readonly ['class' | 'trait', string])[] = [
    ...[...root.required, ...root.forbidden].map((name) => ['trait', name] as const),
    ...groups.flatMap(({ resources, required, forbidden }) => [
      ...Object.keys(resources).map((name) => ['class', name] as const),
      ...[...required.flat(), ...forbidden].map((name) => ['trait', name] as const),
    ]),
  ];
  const [unknown] = await rowsOf(sql, UNKNOWN)`
    SELECT n.kind, n.name
    FROM unnest(${named.map(([kind]) => kind)}::text[], ${named.map(([, name]) => name)}::text[])
      WITH ORDINALITY AS n(kind, name, place)
    WHERE CASE n.kind WHEN 'class' THEN NOT EXISTS (SELECT 1 FROM placement.resource_classes c WHERE c.name = n.name)
      ELSE NOT EXISTS (SELECT 1 FROM placement.traits t WHERE t.name = n.name) END
    ORDER BY n.place LIMIT 1`;
  if (unknown === undefined) return;
  throw badRequest(
    unknown.kind === 'class'
      ? `Invalid resource class in resources parameter: No such resource class ${unknown.name}.`
      : `No such trait(s): ${unknown.name}.`,
  );
}
