import { Type, type Static, type TSchema } from 'typebox';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import { fieldsAt, hasBrief, isEnveloped, isShown, pathOf } from '../kit/dialect.js';
import type { Resource } from '../kit/resource.js';
import { serviceOfPath } from '../openapi/services.js';
import { words } from './words.js';

const closed = { additionalProperties: false };
const FieldSchema = Type.Object(
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
    refersTo: Type.Optional(Type.Object({ service: Type.String(), name: Type.String() }, closed)),
  },
  { ...closed, title: 'ResourceField' },
);
const ACTIONS = ['list', 'get', 'create', 'update', 'delete'] as const;
const May = Type.Object(Object.fromEntries(ACTIONS.map((action) => [action, Type.Boolean()])), closed);

/** A resource as the pages of the dashboard need it to list, show, make and change what there is of it. */
export const ResourceSchema = Type.Object(
  {
    service: Type.String(),
    name: Type.String(),
    many: Type.String(),
    title: Type.String(),
    /** Of its collection. `:name` is the key of what it lies below. */
    path: Type.String(),
    /** The path of its list with details, where the collection's own has less. */
    detailPath: Type.Union([Type.String(), Type.Null()]),
    /** What an item and a list stand under in a body; null where an item is the body itself. */
    envelope: Type.Object({ one: Type.Union([Type.String(), Type.Null()]), many: Type.String() }, closed),
    key: Type.String(),
    tags: Type.Boolean(),
    revisions: Type.Boolean(),
    /** How one is made. */
    madeBy: Type.Array(Type.Enum(['POST', 'PUT'])),
    updateMethod: Type.Enum(['PUT', 'PATCH']),
    /** The media type of a change that is a list of operations, and no item. */
    patchType: Type.Union([Type.String(), Type.Null()]),
    /** The value of the header OpenStack-API-Version for which the fields are described. */
    microversion: Type.Union([Type.String(), Type.Null()]),
    /** What the caller may do with some of it at least; false also for what the resource has not. */
    may: May,
    fields: Type.Array(FieldSchema),
  },
  { ...closed, title: 'Resource' },
);
type Field = Static<typeof FieldSchema>;
type View = Static<typeof ResourceSchema>;
type Key = NonNullable<Field['refersTo']>;

/** The resources that fields may name, by their own names. */
export class References {
  private readonly known: ReadonlyMap<string, Key>;

  constructor(resources: readonly Resource[]) {
    this.known = new Map(
      resources.map(({ dialect, spec }) => {
        const service = serviceOfPath(`/${dialect.prefix}`).name;
        return [`${service}/${spec.names[0]}`, { service, name: spec.names[0] }];
      }),
    );
  }

  /** What a field `network_id` refers to: the network of its service, and else one of Keystone. */
  of(service: string, field: string): Key | undefined {
    const [, name] = /^(\w+)_id$/.exec(field) ?? [];
    if (name === undefined) return undefined;
    const meant = name === 'tenant' ? 'project' : name;
    return this.known.get(`${service}/${meant}`) ?? this.known.get(`identity/${meant}`);
  }
}

/** @param may whether the caller may do an action with some of it at least */
export function resourceView(
  { dialect, spec }: Resource,
  references: References,
  may: (action: (typeof ACTIONS)[number]) => boolean,
): View {
  const path = `/${dialect.prefix}/${pathOf(spec)}`;
  const service = serviceOfPath(path);
  const { microversions } = service;
  const [name, many] = spec.names;
  return {
    service: service.name,
    name,
    many,
    title: words(many),
    path,
    detailPath: hasBrief(dialect, spec) && spec.brief !== 'only' ? `${path}/detail` : null,
    envelope: { one: isEnveloped(dialect, spec) ? name : null, many },
    key: spec.key ?? 'id',
    tags: spec.tags ?? false,
    revisions: spec.revisions ?? false,
    madeBy: [...(spec.madeBy ?? (['POST'] as const))],
    updateMethod: dialect.update,
    patchType: dialect.patches?.types[0] ?? null,
    microversion:
      microversions === undefined
        ? null
        : `${service.type ?? service.name} ${microversions.major}.${microversions.max}`,
    may: Object.fromEntries(ACTIONS.map((action) => [action, has(spec, action) && may(action)])),
    fields: fieldsAt(spec, microversions?.max ?? 0).map(([field, described]) =>
      fieldView(field, described, references.of(service.name, field)),
    ),
  };
}

const has = ({ actions }: AnySpec, action: (typeof ACTIONS)[number]): boolean => actions?.includes(action) ?? true;

function fieldView(name: string, field: AnyField, refersTo: Key | undefined): Field {
  const { shape, options } = field;
  const { kind, nullable } = shape;
  const write = [...(options.write ?? [])];
  const needed = { post: options.required === true || options.required === 'always', put: isNeededByPut(field) };
  return {
    name,
    title: words(name),
    type: kind,
    nullable,
    ...(kind === 'json' || kind === 'list' ? { schema: shape.schema } : limitsOf(shape.schema)),
    ...(shape.min === undefined ? {} : { min: shape.min }),
    ...(shape.max === undefined ? {} : { max: shape.max }),
    required: write.filter((one) => needed[one]),
    write,
    ...(options.default === undefined ? {} : { default: options.default }),
    shown: (['list', 'get'] as const).filter((action) => isShown(field, action)),
    brief: options.brief ?? false,
    filter: options.filter ?? false,
    sort: options.sort === true ? true : options.sort === undefined ? false : [...options.sort],
    ...(refersTo === undefined ? {} : { refersTo }),
  };
}

const isNeededByPut = ({ options: { required } }: AnyField): boolean => required === 'put' || required === 'always';

/** What a schema says of a single value, without the null that it may also be. */
function limitsOf(schema: TSchema): Pick<Field, 'enum' | 'format' | 'pattern' | 'minLength' | 'maxLength'> {
  const { anyOf, ...alone } = schema as Record<string, unknown> & {
    readonly anyOf?: readonly Record<string, unknown>[];
  };
  const said = anyOf?.[0] ?? alone;
  return Object.fromEntries(
    ['enum', 'format', 'pattern', 'minLength', 'maxLength'].flatMap((limit) =>
      said[limit] === undefined ? [] : [[limit, said[limit]]],
    ),
  );
}
