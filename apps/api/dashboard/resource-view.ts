import { Type, type Static } from 'typebox';
import type { AnySpec } from '#services/kernel/resource/spec';
import { fieldsAt, hasBrief, isEnveloped, pathOf } from '../kit/dialect.js';
import type { Resource } from '../kit/resource.js';
import { serviceOfPath } from '../openapi/services.js';
import { FieldSchema, Reference, fieldView, type References } from './field-view.js';
import { RecordActionSchema, type RecordAction } from './record-actions.js';
import { words } from './words.js';

const closed = { additionalProperties: false };
/** What a list is told that is read page by page. */
const MARKS = ['limit', 'marker'] as const;
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
    /** The field that names what its records lie below; null where they lie below nothing. */
    below: Type.Union([
      Type.Object({ field: Type.String(), parent: Type.Union([Reference, Type.Null()]) }, closed),
      Type.Null(),
    ]),
    /** Whether its list takes a limit and a marker. */
    pages: Type.Boolean(),
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
    /** What may be done with a record beside changing its fields. */
    actions: Type.Array(RecordActionSchema),
  },
  { ...closed, title: 'Resource' },
);
type View = Static<typeof ResourceSchema>;

/**
 * @param may whether the caller may do an action with some of it at least
 * @param actions what else may be done with a record
 */
export function resourceView(
  { dialect, spec }: Resource,
  references: References,
  may: (action: (typeof ACTIONS)[number]) => boolean,
  actions: RecordAction[],
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
    below: spec.below === undefined ? null : { field: spec.below.field, parent: references.above(path) ?? null },
    pages: MARKS.every((mark) => Object.hasOwn(dialect.parameters(spec), mark)),
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
      fieldView(service.name, field, described, references),
    ),
    actions,
  };
}

const has = ({ actions }: AnySpec, action: (typeof ACTIONS)[number]): boolean => actions?.includes(action) ?? true;
