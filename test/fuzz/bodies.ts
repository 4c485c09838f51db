import fc from 'fast-check';
import { ownThing, type Schema, type Values } from './schemas.js';
import { BAD_TEXTS, BAD_VALUES, Raw, toText } from './values.js';

/** What is done to one place of a value. */
type Change = (good: unknown) => unknown;
/** Takes a member away. */
const GONE = Symbol('gone');

/** A text where a text belongs comes further than what the schema refuses at once. */
const changes: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...BAD_VALUES).map(
      (bad): Change =>
        () =>
          bad,
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .oneof(fc.constantFrom(...BAD_TEXTS), fc.nat(20).map(ownThing), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(
        (text): Change =>
          (good) =>
            typeof good === 'number' && /^[-\d.]+(e\d+)?$/.test(text) ? new Raw(text) : text,
      ),
  },
  { weight: 1, arbitrary: fc.constant<Change>(() => GONE) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...BAD_TEXTS), fc.constantFrom(...BAD_VALUES)).map(
      ([key, bad]): Change =>
        (good) =>
          isBranch(good) && !Array.isArray(good) ? { ...good, [key]: bad } : bad,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Change>((good) =>
      Array.from({ length: 60 }, () => (Array.isArray(good) ? good[0] : good) as unknown),
    ),
  },
);

const isBranch = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Raw);

/** How many places a value has, itself among them. */
const placesIn = (value: unknown): number =>
  1 + (isBranch(value) ? Object.values(value).reduce<number>((sum, inner) => sum + placesIn(inner), 0) : 0);

/** The value with its nth place changed, counted from the outside in. */
function changedAt(value: unknown, place: number, change: Change): unknown {
  if (place === 0) return change(value);
  if (!isBranch(value)) return value;
  let left = place - 1;
  const members = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const size = placesIn(inner);
    const at = left;
    left -= size;
    return [key, at >= 0 && at < size ? changedAt(inner, at, change) : inner];
  });
  const kept = members.filter(([, inner]) => inner !== GONE);
  return Array.isArray(value) ? kept.map(([, inner]) => inner) : Object.fromEntries(kept);
}

/** Values in which one or two places are bad. */
const mutated = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(values, fc.array(fc.tuple(fc.nat(), changes), { minLength: 1, maxLength: 2 })).map(([value, all]) =>
    all.reduce((now, [n, change]) => {
      const next = changedAt(now, n % placesIn(now), change);
      return next === GONE ? null : next;
    }, value),
  );

const ANYTHING = fc.jsonValue({ maxDepth: 3 });

/** Bodies as text: as the schema has them, as a good one is, either with something bad in it, and what is no body at all. */
export function bodiesOf(
  schema: Schema | undefined,
  good: fc.Arbitrary<unknown> | undefined,
  values: Values,
): fc.Arbitrary<string> {
  const bySchema = schema === undefined ? [] : [values.of(schema)];
  const known = [...bySchema, ...(good === undefined ? [] : [good])];
  const base = known.length === 0 ? ANYTHING : fc.oneof(...known);
  const texts = base.map(toText);
  return fc.oneof(
    { weight: 6, arbitrary: texts },
    { weight: 12, arbitrary: mutated(base).map(toText) },
    { weight: 1, arbitrary: fc.constantFrom(...BAD_VALUES).map(toText) },
    { weight: 1, arbitrary: fc.tuple(texts, fc.nat(60)).map(([text, length]) => text.slice(0, length)) },
    { weight: 1, arbitrary: texts.map((text) => text.replace(/"(\w+)":/, '"$1":null,"$1":')) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(texts, fc.constantFrom('{"__proto__":{"a":1},', '{"constructor":1,', '{"x":1,'))
        .map(([text, begin]) => text.replace('{', begin)),
    },
  );
}
