import { Type, type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Prisma } from '#prisma';
import type { Statements } from './sql.js';

/** What a column of a raw statement may be, as both ways to the database hand it out. */
export const text = Type.String();
export const integer = Type.Integer();
export const float = Type.Number();
export const bool = Type.Boolean();
export const texts = Type.Array(Type.String());
export const time = Type.Refine(Type.Unsafe<Date>({}), (value) => value instanceof Date);
export const textMap = Type.Record(Type.String(), Type.String());
export const nullable = <S extends TSchema>(column: S) => Type.Union([column, Type.Null()]);
/** A text that is always one of a few words, which another place lists. */
export const word = <Word extends string>() => Type.Unsafe<Word>(Type.String());
/** JSON that is read where it is used. */
export const json = <Value extends object>() => Type.Unsafe<Value>(Type.Object({}));
/** The same of a list. */
export const jsonList = <Item extends object>() => Type.Unsafe<readonly Item[]>(Type.Array(Type.Object({})));

/** The columns of a raw statement's rows. The compiler's type and the check of what comes are made of the same description. */
export class RowType<Columns extends TProperties = TProperties> {
  private check: ((row: unknown) => boolean) | undefined;

  constructor(private readonly columns: Columns) {}

  /** Rows of one statement are alike, so the first one tells. @throws when it is not as described: a mistake of ours */
  hold([row]: readonly unknown[]): void {
    if (row === undefined) return;
    if (this.check === undefined) {
      const compiled = Compile(Type.Object(this.columns, { additionalProperties: false }));
      this.check = (one) => compiled.Check(one);
    }
    if (this.check(row)) return;
    const wanted = Object.keys(this.columns).join(', ');
    throw new Error(`A statement's row is not as its columns are described (${wanted}): ${shapeOf(row)}`);
  }
}

/** Describes a raw statement's rows. */
export const rowType = <Columns extends TProperties>(columns: Columns) => new RowType(columns);
type RowOf<Columns extends TProperties> = Readonly<Static<TObject<Columns>>>;
/** One of these rows. */
export type Row<R> = R extends RowType<infer Columns> ? RowOf<Columns> : never;

/**
 * Sends a statement as it is written, and holds what comes back against its description:
 *   await rowsOf(tx, rowType({ host: text }))`SELECT host FROM …`
 */
export const rowsOf =
  <Columns extends TProperties>(on: Statements, type: RowType<Columns>) =>
  async (query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<RowOf<Columns>[]> => {
    const rows = await on.$queryRaw<RowOf<Columns>[]>(query, ...values);
    type.hold(rows);
    return rows;
  };

/** The names and kinds of a row's values, and none of them: they may be secret. */
function shapeOf(found: unknown): string {
  if (typeof found !== 'object' || found === null) return typeof found;
  const kind = (value: unknown): string =>
    value === null ? 'null' : typeof value === 'object' ? value.constructor.name : typeof value;
  return Object.entries(found)
    .map(([name, value]) => `${name}: ${kind(value)}`)
    .join(', ');
}
