import { Type, type TSchema } from 'typebox';
import type { AnySpec } from '#services/kernel/resource/spec';
import type { Write } from '#services/kernel/resource/fields';
import type { SchemaAt } from '../http/described.js';
import { fieldsAt, type Dialect } from './dialect.js';

/** The schema of one item in a request that creates or changes, without its envelope. */
export function itemSchema(dialect: Dialect, spec: AnySpec, write: Write, minor: number): TSchema {
  const properties = fieldsAt(spec, minor).flatMap(([name, field]): [string, TSchema][] => {
    // Where any name is taken, those that a request may not give are refused by the resource itself, in its words.
    if (!field.options.write?.includes(write)) return spec.extra ? [[name, Type.Optional(Type.Unknown())]] : [];
    const schema = dialect.schemaOf(field);
    const { required } = field.options;
    const needed = required === 'always' || required === (write === 'post' ? true : 'put');
    return [[name, needed ? schema : Type.Optional(schema)]];
  });
  const open = typeof dialect.open === 'function' ? dialect.open(write, minor, spec) : dialect.open;
  return Type.Object(Object.fromEntries(properties), {
    additionalProperties: spec.closed ? false : (spec.extra?.schema ?? open),
    ...(write === 'put' && spec.changesSomething ? { minProperties: 1 } : {}),
    ...(write === 'post' && spec.oneOf !== undefined
      ? { oneOf: spec.oneOf.map((name) => ({ required: [name] })) }
      : {}),
  });
}

/** The minors at which a resource's fields, or what its service takes, are others than before. */
export function changesOf(dialect: Dialect, spec: AnySpec): number[] {
  const bounds = Object.values(spec.fields).flatMap(({ options: { since, until, earlier } }) => [
    ...(since === undefined ? [] : [since]),
    ...(until === undefined ? [] : [until + 1]),
    ...(earlier === undefined ? [] : [earlier.until + 1]),
  ]);
  return [0, ...new Set([...bounds, ...(dialect.changes ?? [])])].toSorted((a, b) => a - b);
}

/** Request schemas, made once for each microversion that differs. */
export class Bodies {
  private readonly made = new Map<string, TSchema>();
  private readonly changes: readonly number[];

  constructor(
    private readonly dialect: Dialect,
    private readonly spec: AnySpec,
  ) {
    this.changes = changesOf(dialect, spec);
  }

  /** The whole body's schema. @param many several items in one request */
  of(write: Write, minor: number, many = false): TSchema {
    const change = this.changes.findLast((c) => c <= minor) ?? 0;
    const name = `${write}/${change}/${many}`;
    let schema = this.made.get(name);
    if (schema === undefined) {
      const item = itemSchema(this.dialect, this.spec, write, change);
      schema = many ? this.list(item) : this.dialect.wrap(this.spec, item);
      this.made.set(name, schema);
    }
    return schema;
  }

  private list(item: TSchema): TSchema {
    const { names, madeInLists } = this.spec;
    return madeInLists
      ? Type.Object({ [names[1]]: Type.Array(item, { minItems: 1 }) }, { additionalProperties: false })
      : Type.Object({ [names[1]]: Type.Array(item) });
  }

  /** The same as a function of the microversion. */
  versions(write: Write): SchemaAt {
    const of = (minor: number): TSchema => {
      if (write === 'post' && this.spec.madeInLists) return this.of(write, minor, true);
      const one = this.of(write, minor);
      return this.dialect.bulk !== undefined && write === 'post' ? Type.Union([one, this.of(write, minor, true)]) : one;
    };
    return Object.assign(of, { changes: this.changes });
  }

  /** The values of a checked item, each in its field's own type. */
  values(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.dialect.given?.(item) ?? item).map(([name, value]) => {
        const field = Object.hasOwn(this.spec.fields, name) ? this.spec.fields[name] : undefined;
        return [name, field === undefined || value === null ? value : this.dialect.valueOf(field, value)];
      }),
    );
  }
}
