import { Type, type TSchema } from 'typebox';

type Members = Readonly<Record<string, unknown>>;

/**
 * The schema of what the samples have in common: what a function answers is told from its answers, and not a second time
 * in words. A member that not every sample has is optional.
 * @param known schemas of single samples, by the sample itself
 */
export function schemaLike(samples: readonly unknown[], known: ReadonlyMap<unknown, TSchema> = new Map()): TSchema {
  const given = [...new Set(samples)];
  const named = given.find((sample) => known.has(sample));
  if (named !== undefined) return known.get(named)!;
  const kinds = [...new Set(given.map(kindOf))];
  const solid = kinds.filter((kind) => kind !== 'null');
  const [kind] = solid;
  if (solid.length === 1 && kinds.length === 1) {
    if (kind === 'object') return objectLike(given as Members[], known);
    if (kind === 'array') {
      const items = (given as unknown[][]).flat();
      return Type.Array(items.length === 0 ? Type.Unknown() : schemaLike(items, known));
    }
  }
  return Type.Unsafe({ type: kinds.length === 1 ? kinds[0] : kinds });
}

function objectLike(samples: readonly Members[], known: ReadonlyMap<unknown, TSchema>): TSchema {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  const properties = names.map((name): [string, TSchema] => {
    const having = samples.filter((sample) => Object.hasOwn(sample, name));
    const schema = schemaLike(
      having.map((sample) => sample[name]),
      known,
    );
    return [name, having.length === samples.length ? schema : Type.Optional(schema)];
  });
  return Type.Object(Object.fromEntries(properties), { additionalProperties: false });
}

function kindOf(sample: unknown): string {
  if (sample === null) return 'null';
  if (Array.isArray(sample)) return 'array';
  if (typeof sample === 'number') return Number.isInteger(sample) ? 'integer' : 'number';
  return typeof sample;
}
