import { Prisma, type Queries } from '../kernel/database.js';
import type { OpenStackError } from '../kernel/errors.js';
import { words } from './words.js';

/** What others name, by the name that it has in a body. */
const TABLES = {
  endpoint: 'endpoints',
  endpoint_group: 'endpoint_groups',
  policy: 'policies',
  project: 'projects',
  region: 'regions',
  service: 'services',
} as const;
export type Kind = keyof typeof TABLES;
/** One of them. */
export type Ref = readonly [kind: Kind, id: string];

async function isThere(tx: Queries, [kind, id]: Ref, lock: Prisma.Sql): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM keystone.${Prisma.raw(TABLES[kind])} WHERE id = ${id} ${lock}`;
  return rows.length > 0;
}

const noSuch = ([kind, id]: Ref): OpenStackError => words.notFound([kind, TABLES[kind]], id);

/** Whether something is there that another is to name; nobody deletes it until the transaction ends. */
export const isHeld = (tx: Queries, ...ref: Ref): Promise<boolean> => isThere(tx, ref, Prisma.sql`FOR SHARE`);

/** The same of several, in their order. @throws 404 for the first one that is not there */
export async function hold(tx: Queries, ...refs: readonly Ref[]): Promise<void> {
  for (const ref of refs) if (!(await isThere(tx, ref, Prisma.sql`FOR SHARE`))) throw noSuch(ref);
}

/** @throws 404 for the first one that is not there */
export async function find(db: Queries, ...refs: readonly Ref[]): Promise<void> {
  for (const ref of refs) if (!(await isThere(db, ref, Prisma.empty))) throw noSuch(ref);
}
