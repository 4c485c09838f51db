import type { RequestContext } from '#services/kernel/context';
import type { Policies } from '#services/kernel/policy/index';
import { targetOf } from '#services/kernel/resource/access';
import { columnOf } from '#services/kernel/resource/query';
import type { Action, AnySpec } from '#services/kernel/resource/spec';
import { fieldsAt, type Dialect, type View } from './dialect.js';

/** What an answer of one request is made for. */
interface Reader {
  readonly ctx: RequestContext;
  readonly minor: number;
  /** The API's address, without a slash at the end. */
  readonly base: string;
  /** Only these fields. */
  readonly fields?: readonly string[] | undefined;
  /** The short form of a list. */
  readonly brief?: boolean;
  /** What was asked for. */
  readonly action: Action;
}

/** Makes answers of records, by a resource's description. */
export class Views {
  constructor(
    private readonly dialect: Dialect,
    private readonly spec: AnySpec,
    private readonly policies: Policies,
  ) {}

  /** A record as the asker may see it. */
  of(row: Readonly<Record<string, unknown>>, { ctx, minor, base, fields, brief, action }: Reader): View {
    const { dialect, spec } = this;
    const target = targetOf(spec, row, ctx);
    const view = Object.fromEntries(
      fieldsAt(spec, minor).flatMap(([name, field]): [string, unknown][] => {
        const { seenBy, hidden, answers } = field.options;
        if (hidden || (brief && !field.options.brief) || answers?.includes(action) === false) return [];
        if (seenBy !== undefined && !this.sees(ctx, seenBy, target)) return [];
        const value = field.read ? field.read(row as never, minor) : row[columnOf(name, field)];
        return value === undefined ? [] : [[name, plain(value, dialect)]];
      }),
    );
    const whole = dialect.decorate?.(spec, view, String(row[spec.key ?? 'id']), base) ?? view;
    if (fields === undefined || fields.length === 0) return whole;
    return Object.fromEntries(Object.entries(whole).filter(([name]) => fields.includes(name)));
  }

  private sees(ctx: RequestContext, rule: string, target: Readonly<Record<string, unknown>>): boolean {
    const { service } = this.spec.words;
    return this.policies.has(service, rule) && this.policies.allows(service, rule, ctx.credentials, target);
  }
}

/** A value as JSON has it. Sizes of files are numbers in OpenStack, and none is beyond 2^53. */
function plain(value: unknown, dialect: Dialect): unknown {
  if (value instanceof Date) return dialect.time(value);
  return typeof value === 'bigint' ? Number(value) : value;
}
