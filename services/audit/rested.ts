import { Prisma } from '../kernel/database.js';

/** True for a row that has rested for the audit's age threshold. @param column with when it last changed */
export const rested = (column: string, seconds: number): Prisma.Sql =>
  Prisma.sql`${Prisma.raw(column)} <= now() - make_interval(secs => ${seconds})`;
