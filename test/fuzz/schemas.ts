import fc from 'fast-check';
import { BAD_TEXTS, MISSING } from './values.js';

/** As much of JSON Schema as the API's documents use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A thing of who sends, chosen when it is sent: a draft is the same in every run, and ids are not. */
export const ownThing = (n: number): string => `@own:${n}`;
export const OWN_THINGS = /@own:(\d+)/g;

/** Names of fields whose text names a thing. */
const NAMES_A_THING = /(^|_)(id|uuid)s?$|Ids?$|Uuid$|Ref$|^(tenant|project|user|network|image|flavor)$/;
/** A text of each format: several of some, since more than one reader has to understand them. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.678901+02:00'],
  uuid: [MISSING, MISSING.replaceAll('-', '')],
  uri: ['http://192.0.2.1/x', 'https://example.org/?a=b#c'],
  email: ['a@example.org'],
  ipv4: ['10.0.0.9', '192.0.2.1'],
  ipv6: ['2001:db8::1', '::1'],
  base64: ['aGVsbG8=', ''],
};

const ANYTHING = fc.jsonValue({ maxDepth: 2 });
const ORDINARY = ['x', 'default', 'a longer text', '10.9.0.9', '10.9.0.0/24', '1', 'CUSTOM_FUZZ', 'fe:16:3e:00:00:01'];

/** Values that a schema takes, or nearly: what is between its fields only the service knows. */
export class Values {
  private readonly made = new Map<string, fc.Arbitrary<unknown>>();
  /** By schema and name of the field: the three who send draw from the same. */
  private readonly known = new WeakMap<Schema, Map<string, fc.Arbitrary<unknown>>>();

  /** @param schemas the document's components, by their names */
  constructor(private readonly schemas: Readonly<Record<string, Schema>>) {}

  /** @param name of the field, which says what a text is for */
  of(schema: Schema, name = ''): fc.Arbitrary<unknown> {
    const byName = this.known.get(schema) ?? new Map<string, fc.Arbitrary<unknown>>();
    this.known.set(schema, byName);
    return kept(byName, name, () => this.newlyOf(schema, name));
  }

  private newlyOf(schema: Schema, name: string): fc.Arbitrary<unknown> {
    const { $ref, anyOf, oneOf, type } = schema;
    if ($ref !== undefined) return this.referred($ref.slice('#/components/schemas/'.length), name);
    const alternatives = anyOf ?? oneOf;
    if (alternatives !== undefined && schema.properties !== undefined)
      return fc.oneof(...alternatives.map((one) => this.ofObject(only(one, schema, alternatives))));
    if (alternatives !== undefined) return fc.oneof(...alternatives.map((one) => this.of(one, name)));
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if ('const' in schema) return fc.constant(schema.const);
    const types = [type ?? []].flat();
    return types.length === 0 ? ANYTHING : fc.oneof(...types.map((one) => this.ofType(one, schema, name)));
  }

  private referred(component: string, name: string): fc.Arbitrary<unknown> {
    return kept(this.made, component, () => this.of(this.schemas[component] ?? {}, name));
  }

  private ofType(type: string, schema: Schema, name: string): fc.Arbitrary<unknown> {
    switch (type) {
      case 'object':
        return this.ofObject(schema);
      case 'array': {
        const { items = {}, minItems = 0, maxItems = 3 } = schema;
        return fc.array(this.of(items, name), {
          minLength: minItems,
          maxLength: Math.max(minItems, Math.min(maxItems, 3)),
        });
      }
      case 'string':
        return textOf(schema, name);
      case 'integer': {
        const { minimum = -1, maximum = 2 ** 31 } = schema;
        return fc.oneof(fc.integer({ min: minimum, max: Math.min(maximum, minimum + 64) }), fc.constant(maximum));
      }
      case 'number':
        return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true });
      case 'boolean':
        return fc.boolean();
      default:
        return fc.constant(null);
    }
  }

  private ofObject({ properties = {}, required = [], patternProperties, additionalProperties }: Schema) {
    const needed = new Set(required);
    const optional = Object.keys(properties).filter((name) => !needed.has(name));
    const all = Object.entries(properties).map(([name, one]): [string, fc.Arbitrary<unknown>] => [
      name,
      this.of(one, name),
    ]);
    // A few of what may be left out: with all of twenty fields, one that is wrong would hide the others.
    const known = fc
      .tuple(fc.record(Object.fromEntries(all)), fc.subarray(optional, { maxLength: Math.min(4, optional.length) }))
      .map(([one, chosen]) =>
        Object.fromEntries(Object.entries(one).filter(([name]) => needed.has(name) || chosen.includes(name))),
      );
    const others = [
      ...Object.entries(patternProperties ?? {}),
      ...(typeof additionalProperties === 'object' ? [['', additionalProperties] as const] : []),
    ];
    if (others.length === 0) return known;
    const more = others.map(([pattern, one]) =>
      fc.dictionary(textOf({ pattern, maxLength: 20 }, ''), this.of(one), { maxKeys: 2 }),
    );
    return fc.tuple(known, ...more).map((parts): object => Object.assign({}, ...parts) as object);
  }
}

/** An object that has the fields of one alternative and none of the others'. */
function only(one: Schema, schema: Schema, alternatives: readonly Schema[]): Schema {
  const required = [...(schema.required ?? []), ...(one.required ?? [])];
  const others = new Set(alternatives.flatMap((other) => other.required ?? []));
  const properties = Object.entries(schema.properties ?? {}).filter(
    ([name]) => required.includes(name) || !others.has(name),
  );
  return { ...schema, required, properties: Object.fromEntries(properties) };
}

function textOf(schema: Schema, name: string): fc.Arbitrary<string> {
  const texts = ordinaryText(schema);
  if (!NAMES_A_THING.test(name) && schema.format !== 'uuid') return texts;
  return fc.oneof({ weight: 2, arbitrary: fc.nat(20).map(ownThing) }, fc.constant(MISSING), texts);
}

function ordinaryText({ pattern, format, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format !== undefined) return fc.constantFrom(...(FORMATS[format] ?? ['x']));
  if (pattern !== undefined && pattern !== '') return matching(pattern);
  return kept(byLength, `${minLength} to ${maxLength}`, () => textOfLength(minLength, maxLength));
}
const byLength = new Map<string, fc.Arbitrary<string>>();

function textOfLength(minLength: number, maxLength: number): fc.Arbitrary<string> {
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) };
  const known = [...ORDINARY, ...BAD_TEXTS].filter((text) => text.length >= minLength && text.length <= maxLength);
  return fc.oneof(
    fc.string(length),
    fc.string({ ...length, unit: 'grapheme' }),
    ...(known.length === 0 ? [] : [fc.constantFrom(...known)]),
  );
}

/** Texts that a pattern takes; those that fast-check does not read (it knows no lookbehind) are met by luck. */
const matching = (pattern: string): fc.Arbitrary<string> => kept(byPattern, pattern, () => newlyMatching(pattern));
const byPattern = new Map<string, fc.Arbitrary<string>>();

function newlyMatching(pattern: string): fc.Arbitrary<string> {
  const ordinary = fc.constantFrom(...ORDINARY, MISSING);
  try {
    return fc.oneof(fc.stringMatching(new RegExp(pattern, 'u'), { size: '-1' }), ordinary);
  } catch {
    return ordinary;
  }
}

/** What was made for a key, made once: texts of Unicode take fast-check up to a second, and thousands of fields ask for them. */
function kept<T>(made: Map<string, T>, key: string, make: () => T): T {
  let known = made.get(key);
  if (known === undefined) made.set(key, (known = make()));
  return known;
}
