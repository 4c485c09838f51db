import type { RequestContext } from '../context.js';
import { notificationsOf, type NewNotification } from '../notifications.js';
import { columnOf } from './query.js';
import type { AnySpec, Columns, Deed } from './spec.js';

/** What is told of a deed: the record after it (before a delete), and what was asked for. */
export interface Told {
  readonly deed: Deed;
  readonly row: object;
  readonly given?: object;
}

/** The notifications of deeds on records of one resource, by its service's words; none where it tells nothing. */
export function toldOf(
  spec: AnySpec & { readonly operated?: readonly Deed[] },
  ctx: RequestContext,
  deeds: readonly Told[],
): NewNotification[] {
  const { names, key = 'id', owner = 'project_id', words } = spec;
  const { tells } = words;
  if (tells === undefined) return [];
  return deeds
    .filter(({ deed }) => spec.operated?.includes(deed) !== true)
    .flatMap(({ deed, row, given = {} }) => {
      const [one] = names;
      const columns = row as Columns;
      const id = String(columns[key]);
      const project = columns[owner];
      const attributes = attributesOf(spec, columns, ctx.projectId);
      return notificationsOf(
        ctx,
        {
          events: tells.events(deed, one),
          publisher: tells.publisher,
          type: one,
          id,
          project: typeof project === 'string' ? project : undefined,
        },
        (event) => tells.payload(one, id, plain(event.endsWith('.start') ? given : attributes)),
      );
    });
}

/**
 * The attributes that every answer with the record has. What is hidden, or shown once (a secret that was just made), is
 * not among them.
 */
function attributesOf(spec: AnySpec, row: Columns, projectId: string): Columns {
  const known = Object.entries(spec.fields).flatMap(([name, field]): [string, unknown][] => {
    const { hidden, answers, until } = field.options;
    if (hidden || answers !== undefined || until !== undefined) return [];
    const value = field.read ? field.read(row as never, Infinity, () => true, projectId) : row[columnOf(name, field)];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...(spec.extra && (row[spec.extra.column] as object)), ...Object.fromEntries(known) };
}

/** As JSON has it. Sizes of files are numbers in OpenStack, and none is beyond 2^53. */
const plain = (value: object): Columns =>
  JSON.parse(JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? Number(one) : one))) as Columns;
