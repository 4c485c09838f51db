/** A JSON value that is an object. */
export type Json = Readonly<Record<string, unknown>>;

/** A schema and the microversions, from the first to the last, that have it. */
interface Version {
  readonly first: number;
  readonly last: number;
  readonly schema: Json;
}
type Span = readonly [first: number, last: number];

/** How a service writes its microversions, and which of them it has. */
export interface Microversions {
  readonly major: number;
  readonly min: number;
  readonly max: number;
}

/**
 * One schema of the schemas of all microversions: an object's properties together, each with the microversions that have
 * it. What is required in all of them is required.
 * @param at the schema of a minor
 * @param changes the minors from which it is another one
 */
export function mergeVersions(of: Microversions, at: (minor: number) => Json, changes: readonly number[]): Json {
  const starts = [of.min, ...changes.filter((minor) => minor > of.min && minor <= of.max)];
  const versions = starts.map((first, i) => ({ first, last: (starts[i + 1] ?? of.max + 1) - 1, schema: at(first) }));
  return merge(of, versions);
}

function merge(of: Microversions, versions: readonly Version[]): Json {
  const distinct = versions.filter((v, i) => !i || !same(v.schema, versions[i - 1]!.schema));
  const [only] = distinct;
  if (distinct.length === 1) return only!.schema;
  const newest = versions.at(-1)!.schema;
  if (distinct.every(({ schema }) => schema['type'] === 'object' && schema['properties'] !== undefined))
    return mergeObjects(of, versions, newest);
  if (distinct.every(({ schema }) => schema['type'] === 'array' && schema['items'] !== undefined))
    return {
      ...newest,
      items: merge(
        of,
        versions.map((v) => ({ ...v, schema: v.schema['items'] as Json })),
      ),
    };
  if (distinct.every(({ schema }) => schema['oneOf'] !== undefined)) return mergeChoices(of, versions, newest);
  const kinds = [...new Map(versions.map(({ schema }) => [JSON.stringify(schema), schema])).values()];
  return {
    anyOf: kinds.map((schema) => spanned(of, schema, spansOf(versions.filter((v) => same(v.schema, schema))))),
  };
}

/** Choices of the same title are the same choice. */
function mergeChoices(of: Microversions, versions: readonly Version[], newest: Json): Json {
  const choicesOf = ({ schema }: Version) => schema['oneOf'] as readonly Json[];
  const titles = [...new Set(versions.flatMap((v) => choicesOf(v).map(({ title }) => title)))];
  const choices = titles.map((title) => {
    const having = versions.flatMap((v) => {
      const schema = choicesOf(v).find((one) => one['title'] === title);
      return schema === undefined ? [] : [{ ...v, schema }];
    });
    return spanned(of, merge(of, having), spansOf(having));
  });
  return { ...newest, oneOf: choices };
}

function mergeObjects(of: Microversions, versions: readonly Version[], newest: Json): Json {
  const propertiesOf = ({ schema }: Version) => schema['properties'] as Readonly<Record<string, Json>>;
  const names = [...new Set(versions.toReversed().flatMap((v) => Object.keys(propertiesOf(v))))];
  const properties = names.map((name): [string, Json] => {
    const having = versions.filter((v) => Object.hasOwn(propertiesOf(v), name));
    const merged = merge(
      of,
      having.map((v) => ({ ...v, schema: propertiesOf(v)[name]! })),
    );
    return [name, having.length === versions.length ? merged : spanned(of, merged, spansOf(having))];
  });
  const required = names.filter((name) =>
    versions.every(({ schema }) => (schema['required'] as readonly string[] | undefined)?.includes(name)),
  );
  const open = versions.map(({ schema }) => schema['additionalProperties']).find((one) => one !== false);
  const closed = versions.every(({ schema }) => schema['additionalProperties'] === false);
  const { required: _required, additionalProperties: _open, ...rest } = newest;
  return {
    ...rest,
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(closed ? { additionalProperties: false } : open === undefined ? {} : { additionalProperties: open }),
  };
}

/** Neighbours without a gap between them are one span. */
export function spansOf(versions: readonly Pick<Version, 'first' | 'last'>[]): Span[] {
  const spans: [number, number][] = [];
  for (const { first, last } of versions) {
    const before = spans.at(-1);
    if (before !== undefined && before[1] + 1 === first) before[1] = last;
    else spans.push([first, last]);
  }
  return spans;
}

/** A schema, an operation or a parameter with the microversions that have it, for programs and for people. */
export function spanned(of: Microversions, what: Json, spans: readonly Span[]): Json {
  const whole = spans.length === 1 && spans[0]![0] <= of.min && spans[0]![1] >= of.max;
  if (whole) return what;
  const version = (minor: number): string => `${of.major}.${minor}`;
  const limits = spans.map(([first, last]) => ({
    ...(first > of.min ? { min: version(first) } : {}),
    ...(last < of.max ? { max: version(last) } : {}),
  }));
  const words = limits.map(({ min, max }) => {
    if (min === undefined) return `until ${max}`;
    if (max === undefined) return `since ${min}`;
    return min === max ? min : `${min} to ${max}`;
  });
  const { description, ...rest } = what;
  const says = typeof description === 'string' ? `${description} ` : '';
  return { description: `${says}Microversions: ${words.join(', ')}.`, ...rest, 'x-openstack-microversions': limits };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
