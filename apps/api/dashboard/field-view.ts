import { Type, type Static, type TSchema } from 'typebox';
import type { Kind, Shape } from '#services/kernel/resource/fields';
import type { AnyField } from '#services/kernel/resource/spec';
import { isShown, pathOf } from '../kit/dialect.js';
import type { Resource } from '../kit/resource.js';
import { serviceOfPath } from '../openapi/services.js';
import { words } from './words.js';

const closed = { additionalProperties: false };
export const Reference = Type.Object(
  { service: Type.String(), name: Type.String() },
  { ...closed, title: 'ResourceName' },
);
export const FieldSchema = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    type: Type.Enum(['text', 'bool', 'int', 'number', 'time', 'list', 'json']),
    nullable: Type.Boolean(),
    /** What a text or a number may be, as JSON Schema says it. */
    enum: Type.Optional(Type.Array(Type.Unknown())),
    format: Type.Optional(Type.String()),
    pattern: Type.Optional(Type.String()),
    minLength: Type.Optional(Type.Integer()),
    maxLength: Type.Optional(Type.Integer()),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    /** The whole schema of what is no single value. */
    schema: Type.Optional(Type.Unknown()),
    /** The requests that have to give it. */
    required: Type.Array(Type.Enum(['post', 'put'])),
    write: Type.Array(Type.Enum(['post', 'put'])),
    default: Type.Optional(Type.Unknown()),
    /** Which answers show it. */
    shown: Type.Array(Type.Enum(['list', 'get'])),
    /** Whether it is also in the short list, where there is one beside its details. */
    brief: Type.Boolean(),
    filter: Type.Union([Type.Boolean(), Type.Literal('admin')]),
    sort: Type.Union([Type.Boolean(), Type.Array(Type.String())]),
    /** The resource of the same service, or of Keystone, whose key it holds. */
    refersTo: Type.Optional(Reference),
  },
  { ...closed, title: 'ResourceField' },
);
export type Field = Static<typeof FieldSchema>;
type Key = NonNullable<Field['refersTo']>;

/** The resources that fields may name, by their own names and by their paths. */
export class References {
  private readonly names = new Map<string, Key>();
  private readonly lists = new Map<string, Key>();
  private readonly paths = new Map<string, Key>();

  constructor(resources: readonly Resource[]) {
    for (const { dialect, spec } of resources) {
      const path = `/${dialect.prefix}/${pathOf(spec)}`;
      const service = serviceOfPath(path).name;
      const [name, many] = spec.names;
      const key = { service, name };
      this.paths.set(path, key);
      // Of what lies below another thing, a field's value is not enough to find it.
      if (spec.below !== undefined) continue;
      this.names.set(`${service}/${name}`, key);
      this.lists.set(`${service}/${many}`, key);
    }
  }

  /**
   * What a field refers to: what its description says, and else what its name does: `network_id` is the network of its service,
   * or of Keystone; `floating_network_id` a network, too, and a list `subnets` those of its service.
   */
  of(service: string, name: string, { type, said }: { readonly type: Kind; readonly said?: string | undefined }) {
    if (said !== undefined) return this.names.get(said) ?? this.paths.get(said);
    return type === 'list' || type === 'json' ? this.lists.get(`${service}/${name}`) : this.named(service, name);
  }

  private named(service: string, field: string): Key | undefined {
    const [, name] = /(?:^|:)(\w+)_id$/.exec(field) ?? [];
    if (name === undefined) return undefined;
    const meant = name === 'tenant' ? 'project' : name;
    const [, last = ''] = /_([a-z]+)$/.exec(meant) ?? [];
    const own = (one: string): Key | undefined => this.names.get(`${service}/${one}`);
    return own(meant) ?? this.names.get(`identity/${meant}`) ?? own(last);
  }

  /** What lies above a resource: its path is the beginning of the other's. */
  above(path: string): Key | undefined {
    return this.paths.get(path.slice(0, path.indexOf('/:')));
  }
}

/** A field of a resource. @param service the one whose resource it is of */
export function fieldView(service: string, name: string, { shape, options }: AnyField, references: References): Field {
  const write = [...(options.write ?? [])];
  const always = options.required === 'always';
  const needed = { post: options.required === true || always, put: options.required === 'put' || always };
  return {
    ...valueView(service, name, shape, references, options.refersTo),
    required: write.filter((one) => needed[one]),
    write,
    ...(options.default === undefined ? {} : { default: options.default }),
    shown: (['list', 'get'] as const).filter((action) => isShown({ shape, options }, action)),
    brief: options.brief ?? false,
    filter: options.filter ?? false,
    sort: options.sort === true ? true : options.sort === undefined ? false : [...options.sort],
  };
}

/** A member of a body that is no resource's, as a field of a form. */
export const memberView = (
  service: string,
  name: string,
  schema: TSchema,
  required: boolean,
  references: References,
  said?: string,
): Field => ({
  ...valueView(service, name, { kind: 'json', schema, nullable: false }, references, said),
  required: required ? ['post'] : [],
  write: ['post'],
  shown: [],
  brief: false,
  filter: false,
  sort: false,
});

type Value = Omit<Field, 'required' | 'write' | 'default' | 'shown' | 'brief' | 'filter' | 'sort'>;

/** @param said what the field's description says that it refers to */
function valueView(service: string, name: string, shape: Shape, references: References, said?: string): Value {
  const { single, orNull } = singleOf(shape.schema);
  const type = typeOf(shape, single);
  const refersTo = references.of(service, name, { type, said });
  return {
    name,
    title: words(name),
    type,
    nullable: shape.nullable || orNull,
    ...(type === 'json' || type === 'list' ? { schema: shape.schema } : limitsOf(single)),
    ...(shape.min === undefined ? {} : { min: shape.min }),
    ...(shape.max === undefined ? {} : { max: shape.max }),
    ...(refersTo === undefined ? {} : { refersTo }),
  };
}

interface Plain {
  readonly type?: unknown;
  readonly anyOf?: readonly Plain[];
  readonly items?: { readonly type?: unknown };
  readonly enum?: unknown;
}

/** What a schema says of a single value, without the null that it may also be. */
export function singleOf(schema: TSchema): { readonly single: Plain; readonly orNull: boolean } {
  const { anyOf, ...alone }: Plain = schema;
  const others = anyOf?.filter(({ type }) => type !== 'null') ?? [];
  return { single: others[0] ?? alone, orNull: others.length < (anyOf?.length ?? 0) };
}

const PLAIN: Readonly<Record<string, Kind>> = { string: 'text', integer: 'int', number: 'number', boolean: 'bool' };

/** What a value of any JSON is written as: a person writes a text as it is, and not as JSON. */
function typeOf({ kind }: Shape, { type, items }: Plain): Kind {
  if (kind !== 'json') return kind;
  if (type === 'array') return items?.type === 'string' ? 'list' : 'json';
  return PLAIN[String(type)] ?? 'json';
}

const LIMITS = ['enum', 'format', 'pattern', 'minLength', 'maxLength'] as const;
const limitsOf = (single: object): Pick<Field, (typeof LIMITS)[number]> =>
  Object.fromEntries(Object.entries(single).filter(([name]) => LIMITS.some((limit) => limit === name)));
