import type { RequestContext } from '#services/kernel/context';
import type { Policies } from '#services/kernel/policy/index';
import { targetOf } from '#services/kernel/resource/access';
import { columnOf } from '#services/kernel/resource/query';
import type { Action, AnySpec } from '#services/kernel/resource/spec';
import { fieldsAt, isShown, pathOf, type Dialect, type View } from './dialect.js';

/** How much of a record an answer shows. */
export interface ViewForm {
  /** Only these fields. */
  readonly fields?: readonly string[] | undefined;
  /** The short form of a list. */
  readonly brief?: boolean;
  /** What was asked for. */
  readonly action: Action;
}

/** What an answer of one request is made for. */
interface Reader extends ViewForm {
  readonly ctx: RequestContext;
  readonly minor: number;
  /** The API's address, without a slash at the end. */
  readonly base: string;
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
    const sees = (rule: string): boolean => this.sees(ctx, rule, target);
    const known = Object.fromEntries(
      fieldsAt(spec, minor).flatMap(([name, field]): [string, unknown][] => {
        const { seenBy } = field.options;
        if (!isShown(field, action, brief) || (seenBy !== undefined && !sees(seenBy))) return [];
        const value = field.read ? field.read(row as never, minor, sees, ctx.projectId) : row[columnOf(name, field)];
        return value === undefined ? [] : [[name, plain(value, dialect)]];
      }),
    );
    const view = spec.extra && !brief ? { ...(row[spec.extra.column] as object), ...known } : known;
    const whole = dialect.decorate?.(spec, view, String(row[spec.key ?? 'id']), base, pathOf(spec, row)) ?? view;
    if (fields === undefined || fields.length === 0) return whole;
    return Object.fromEntries(Object.entries(whole).filter(([name]) => fields.includes(name)));
  }

  private sees(ctx: RequestContext, rule: string, target: Readonly<Record<string, unknown>>): boolean {
    const { service } = this.spec.words;
    return this.policies.has(service, rule) && this.policies.allows(service, rule, ctx.credentials, target);
  }
}

/** A value as JSON has it, with the times in it. Sizes of files are numbers in OpenStack, and none is beyond 2^53. */
function plain(value: unknown, dialect: Dialect): unknown {
  if (value instanceof Date) return dialect.time(value);
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map((one) => plain(one, dialect));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, dialect)]));
}
