import { Type, type Static, type TSchema } from 'typebox';
import type { AnySpec } from '#services/kernel/resource/spec';
import { isVersioned } from '../http/described.js';
import type { Route } from '../http/routes.js';
import { pathOf } from '../kit/dialect.js';
import type { Resource } from '../kit/resource.js';
import { serviceOfPath } from '../openapi/services.js';
import { FieldSchema, memberView, singleOf, type Field, type References } from './field-view.js';
import { SINGLE_CHANGES, type SingleChange } from './single-changes.js';
import { words } from './words.js';

const closed = { additionalProperties: false };
/** What may be done with a record of a resource, as a button with a form. */
export const RecordActionSchema = Type.Object(
  {
    name: Type.String(),
    label: Type.String(),
    method: Type.Enum(['POST', 'PUT', 'PATCH']),
    /** `:id` is the record's key. */
    path: Type.String(),
    /** The members of the body, from the outside in, in which the form's values stand. */
    within: Type.Array(Type.String()),
    /** Whether the innermost of them is a list, of which the form says one item. */
    item: Type.Boolean(),
    fields: Type.Array(FieldSchema),
    /** What stands beside the form's values. */
    fixed: Type.Record(Type.String(), Type.Unknown()),
    /** The field that has to say something for the action to have something to do, and why not where it says nothing. */
    needs: Type.Union([Type.Object({ field: Type.String(), reason: Type.String() }, closed), Type.Null()]),
    may: Type.Boolean(),
  },
  { ...closed, title: 'RecordAction' },
);
export type RecordAction = Static<typeof RecordActionSchema>;
type Form = Pick<RecordAction, 'within' | 'item' | 'fields'>;

/** An action, and the rule that its `may` is asked by: the action's own, or that of an update where there is none. */
interface Found {
  readonly action: Omit<RecordAction, 'may'>;
  readonly rule: string | undefined;
}

/** The routes that change a record of this resource, below its path: `PUT /routers/:id/add_router_interface`. */
function routesOf({ dialect, spec }: Resource, routes: readonly Route[]): readonly Route[] {
  const verb = new RegExp(`^/${dialect.prefix}/${pathOf(spec)}/:id/(?:actions/)?[a-z_]+$`);
  return routes.filter(
    ({ method, path, of, description: { body } }) =>
      of?.spec === spec &&
      of.action === 'update' &&
      (method === 'PUT' || method === 'POST') &&
      verb.test(path) &&
      // Tags have a place of their own in a record, and a file is no form.
      !path.endsWith('/tags') &&
      body?.types === undefined,
  );
}

interface Members {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, TSchema & Members>>;
  readonly required?: readonly string[];
  readonly items?: Members;
}

/** What of a body a person fills in; undefined where it is more than a form can say. */
function formOf(
  service: string,
  body: Members,
  references: References,
  within: readonly string[] = [],
): Form | undefined {
  const members = Object.entries(body.properties ?? {});
  const [[name, inner] = ['', {}], ...others] = members;
  if (others.length === 0 && inner.type === 'object') return formOf(service, inner, references, [...within, name]);
  const item = others.length === 0 && inner.items?.type === 'object';
  const { properties = {}, required = [] } = item ? (inner.items ?? {}) : body;
  const fields = Object.entries(properties).map(([of, schema]) =>
    memberView(
      service,
      of,
      schema,
      required.includes(of),
      references,
      of === 'id' ? `${service}/${within.at(-1)}` : undefined,
    ),
  );
  if (fields.length === 0 || fields.some(({ type }) => type === 'json')) return undefined;
  return { within: [...within, ...(item ? [name] : [])], item, fields };
}

const NO_FORM: Form = { within: [], item: false, fields: [] };

function routed({ spec }: Resource, { method, path, rule, description }: Route, references: References): Found[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const schema = description.body?.schema;
  if (schema !== undefined && isVersioned(schema)) return [];
  const form = schema === undefined ? NO_FORM : formOf(serviceOfPath(path).name, schema, references);
  if (form === undefined) return [];
  const action = {
    name,
    label: description.summary ?? words(name),
    method: method as 'PUT' | 'POST',
    path,
    ...form,
    fixed: {},
    needs: needsOf(spec, name, form),
  };
  return [{ action, rule }];
}

/** What is to be taken out of a list of the record has to be in it. */
function needsOf({ fields }: AnySpec, name: string, { within, fields: asked }: Form): RecordAction['needs'] {
  if (!name.startsWith('remove_')) return null;
  const list = [...within, ...asked.map((field) => field.name)].find((member) => Object.hasOwn(fields, member));
  return list === undefined ? null : { field: list, reason: `There are no ${words(list).toLowerCase()}.` };
}

/** A change of one field that people know as an action. */
function changed({ dialect, spec }: Resource, change: SingleChange, references: References): Found {
  const path = `/${dialect.prefix}/${pathOf(spec)}/:id`;
  const service = serviceOfPath(path).name;
  const [one] = spec.names;
  return {
    action: {
      name: change.name,
      label: words(change.name),
      method: dialect.update,
      path,
      within: change.within === undefined ? [one] : [one, change.within],
      item: false,
      fields: (change.fields ?? []).map((name) => fieldOf(spec, service, name, change, references)),
      fixed: { ...change.fixed },
      needs: change.needs ?? null,
    },
    rule: undefined,
  };
}

/** A field of the resource, or a member of the one that the change is within. */
function fieldOf(
  { fields }: AnySpec,
  service: string,
  name: string,
  { within, required }: SingleChange,
  references: References,
): Field {
  const { schema } = fields[within ?? name]!.shape;
  const own = within === undefined ? schema : (singleOf(schema).single as Members).properties![name]!;
  return memberView(service, name, own, required?.includes(name) ?? false, references);
}

/** What may be done with records beside changing their fields, of every resource: read off the routes of the API once. */
export class RecordActions {
  private readonly found = new Map<AnySpec, readonly Found[]>();

  constructor(resources: readonly Resource[], routes: readonly Route[], references: References) {
    for (const resource of resources) {
      const { dialect, spec } = resource;
      const changes = SINGLE_CHANGES[`${dialect.prefix}/${pathOf(spec)}`] ?? [];
      this.found.set(spec, [
        ...routesOf(resource, routes).flatMap((route) => routed(resource, route, references)),
        ...changes.map((change) => changed(resource, change, references)),
      ]);
    }
  }

  /** @param may whether the caller may do with some of it what a rule is about; without a rule, change it */
  of({ spec }: Resource, may: (rule: string | undefined) => boolean): RecordAction[] {
    return (this.found.get(spec) ?? []).map(({ action, rule }) => ({ ...action, may: may(rule) }));
  }
}
