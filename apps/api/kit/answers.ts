import { Type, type TSchema } from 'typebox';
import type { Action, AnyField, AnySpec } from '#services/kernel/resource/spec';
import type { SchemaAt } from '../http/described.js';
import { changesOf } from './bodies.js';
import { fieldsAt, isShown, pathOf, type AnsweredPage, type Dialect, type View } from './dialect.js';
import { schemaLike } from './example.js';

const BASE = 'http://cloud.example';

/** Schemas of a resource's answers, made of its description and of what its dialect makes of an item. */
export class Answers {
  private readonly items: Record<string, TSchema> = {};
  private readonly usual: Record<string, boolean> = {};

  constructor(
    private readonly dialect: Dialect,
    private readonly spec: AnySpec,
  ) {}

  /** An answer that has one of them. */
  one(action: Action): SchemaAt {
    return this.around(action, false, (view) => [this.dialect.one(this.spec, view)]);
  }

  /** A list: with links to other pages and without. */
  many(brief: boolean): SchemaAt {
    const { dialect, spec } = this;
    return this.around('list', brief, (view) =>
      PAGES.map((page) => dialect.many(spec, [view], { ...page, url: `${BASE}/collection` })),
    );
  }

  /** What a create answers that may make several by one request. */
  oneOrSeveral(): SchemaAt {
    const one = this.one('create');
    const several = this.around('create', false, (view) => [{ [this.spec.names[1]]: [view] }]);
    return Object.assign((minor: number) => Type.Union([one(minor), several(minor)]), { changes: one.changes });
  }

  private around(action: Action, brief: boolean, envelopes: (view: View) => unknown[]): SchemaAt {
    const { spec } = this;
    const make = (minor: number): TSchema => {
      const view = { [spec.key ?? 'id']: 'x' };
      return schemaLike(envelopes(view), new Map([[view, this.item(action, brief, minor)]]));
    };
    return Object.assign(make, { changes: changesOf(this.dialect, spec) });
  }

  /** One of them. It is called the same wherever it is the same. */
  private item(action: Action, brief: boolean, minor: number): TSchema {
    const title = titleOf(this.spec.called ?? this.spec.names[0]);
    const suffix = brief ? 'Summary' : SUFFIXES[action];
    return { ...this.schema(action, brief, minor), title: this.isUsual(action, brief) ? title : `${title}${suffix}` };
  }

  /** Whether an answer has of it what GET of one has, at every microversion. */
  private isUsual(action: Action, brief: boolean): boolean {
    const text = (of: Action, short: boolean): string =>
      JSON.stringify(changesOf(this.dialect, this.spec).map((minor) => this.schema(of, short, minor)));
    return (this.usual[`${action}/${brief}`] ??= text(action, brief) === text('get', false));
  }

  private schema(action: Action, brief: boolean, minor: number): TSchema {
    return (this.items[`${action}/${brief}/${minor}`] ??= itemSchema(this.dialect, this.spec, action, brief, minor));
  }
}

const SUFFIXES: Readonly<Record<Action, string>> = {
  list: 'Listed',
  create: 'Created',
  update: 'Updated',
  get: '',
  delete: '',
};

/** `router_interface` as `RouterInterface`. */
const titleOf = (name: string): string =>
  name.replaceAll(/(?:^|[_-])(\w)/g, (_all, letter: string) => letter.toUpperCase());

function itemSchema(dialect: Dialect, spec: AnySpec, action: Action, brief: boolean, minor: number): TSchema {
  const shown = fieldsAt(spec, minor).filter(([, field]) => isShown(field, action, brief));
  const own = Object.fromEntries(
    shown.map(([name, field]): [string, TSchema] => {
      const schema = shownSchema(field, dialect);
      // What a policy shows, and what is made of a record, may be left out.
      const optional = field.options.seenBy !== undefined || field.read !== undefined;
      return [name, optional ? Type.Optional(schema) : schema];
    }),
  );
  const view = Object.fromEntries(shown.map(([name]) => [name, {}]));
  const whole = dialect.decorate?.(spec, view, 'x', BASE, pathOf(spec)) ?? view;
  const properties = Object.entries(whole).map(([name, value]): [string, TSchema] => [
    name,
    value === view[name] ? own[name]! : schemaLike([value]),
  ]);
  const more = spec.closed ? false : (spec.extra?.schema ?? dialect.open === true);
  return Type.Object(Object.fromEntries(properties), { additionalProperties: brief ? false : more });
}

/** What an answer has for a field. */
function shownSchema({ shape, options: { seenBy } }: AnyField, dialect: Dialect): TSchema {
  const schema = shape.kind === 'time' ? timeSchema(dialect) : (shape.shown ?? shape.schema);
  return seenBy === undefined ? schema : { ...schema, 'x-openstack-policy': seenBy };
}

/** A time as the service writes it; without a zone it is no `date-time` of JSON Schema. */
const timeSchema = (dialect: Dialect): TSchema =>
  Type.Unsafe({
    type: ['string', 'null'],
    ...(dialect.time(new Date(0)).endsWith('Z') ? { format: 'date-time' } : {}),
  });

/** Pages that differ in everything that an envelope may say of them. */
const PAGES: readonly Omit<AnsweredPage, 'url'>[] = [
  { query: {}, limit: 1, more: false, reverse: false },
  { query: { limit: ['1'] }, limit: 1, more: true, marker: 'x', reverse: false, first: 'x', last: 'x', count: 1 },
];
