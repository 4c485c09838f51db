import type { ObjectStore, StoredBytes } from '#drivers/objects/index';
import { IMAGES_UNDER_WAY, IMAGES_WITH_BYTES } from '../glance/index.js';
import type { Database } from '../kernel/database.js';
import { LIVE_UPLOAD } from '../kernel/uploads.js';
import { rowType, rowsOf, text, word, type Row } from '../kernel/rows.js';
import type { Orphan } from './orphans.js';

/** Names and records are compared so many at a time: memory stays flat, however much the store holds. */
const BATCH = 1_000;
/** A report goes through Temporal, whose messages end at 2 MiB; what is over this comes up when the rest is healed. */
const MOST_OF_A_CLASS = 500;
/** What an earlier version left unfinished has no row; no upload lasts a day, and a new version may run beside an old one. */
const OLD_PARTIAL_SECONDS = 86_400;

const LOCATION = rowType({ location: text });
const IMAGE = rowType({ kind: word<'image'>(), id: text, why: text });

const classOf = (name: string): 'image bytes' | 'object bytes' =>
  name.replace(/^\./, '').startsWith('swift-') ? 'object bytes' : 'image bytes';

/**
 * Compares the object store with the records of Glance and Swift, both ways. Bytes are somebody's while an upload's row
 * or a record names them (services/kernel/uploads.ts says why that is exact); so the store is read first, and the rows
 * and records after it.
 */
export async function orphanedBytes(db: Database, store: ObjectStore, minAgeSeconds: number): Promise<Orphan[]> {
  // A conductor that does not see the store would take everything for missing.
  if (!(await store.reachable())) return [];
  const [stored, images, missing] = await Promise.all([
    unownedBytes(db, store, minAgeSeconds),
    imagesWithoutWriter(db, minAgeSeconds),
    missingBytes(db, store),
  ]);
  return [...stored, ...images, ...missing];
}

async function unownedBytes(db: Database, store: ObjectStore, minAgeSeconds: number): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  let batch: StoredBytes[] = [];
  const judge = async (): Promise<void> => {
    const unowned = await unownedOf(db, batch);
    for (const found of unowned) {
      const state = await store.describe(found.location);
      const safe = found.name.startsWith('.') ? OLD_PARTIAL_SECONDS : minAgeSeconds;
      if (state === undefined || state.ageSeconds < safe) continue;
      const kind = classOf(found.name);
      if (orphans.filter((o) => o.kind === kind).length >= MOST_OF_A_CLASS) continue;
      const what = found.partial ? 'not complete, and no upload writes them' : 'no record points at them';
      orphans.push({ kind, id: found.name, why: `${state.size} bytes: ${what}` });
    }
    batch = [];
  };
  for await (const found of store.list()) {
    batch.push(found);
    if (batch.length === BATCH) await judge();
  }
  await judge();
  return orphans;
}

/** Which of these neither an upload nor a record names. Every row of an upload counts: a dead one's is swept. */
async function unownedOf(db: Database, found: readonly StoredBytes[]): Promise<StoredBytes[]> {
  if (found.length === 0) return [];
  const rows = await rowsOf(db, LOCATION)`
    SELECT location FROM unnest(${found.map((f) => f.name)}::text[], ${found.map((f) => f.location)}::text[])
      AS found(name, location)
    WHERE NOT EXISTS (SELECT 1 FROM objects.uploads u WHERE u.name = found.name)
      AND NOT EXISTS (SELECT 1 FROM glance.images i WHERE i.location = found.location)
      AND NOT EXISTS (SELECT 1 FROM swift.objects o WHERE o.location = found.location)`;
  const unowned = new Set(rows.map((r) => r.location));
  return found.filter((f) => unowned.has(f.location));
}

/** Images that wait for an upload that nobody makes. Those of dead processes are swept by the api itself. */
function imagesWithoutWriter(db: Database, minAgeSeconds: number): Promise<Orphan[]> {
  return rowsOf(db, IMAGE)`
    SELECT 'image' AS kind, i.id, 'it is saving, and no upload is under way' AS why FROM glance.images i
    WHERE i.status = ANY(${[...IMAGES_UNDER_WAY]}) AND i.deleted_at IS NULL
      AND i.updated_at <= now() - make_interval(secs => ${minAgeSeconds}::float8)
      AND NOT EXISTS (SELECT 1 FROM objects.uploads WHERE name = i.upload_id AND ${LIVE_UPLOAD})
    LIMIT ${MOST_OF_A_CLASS}`;
}

const RECORDED = rowType({ kind: word<'image' | 'object bytes'>(), id: text, location: text });
type Recorded = Row<typeof RECORDED>;

/** Records whose bytes are not in the store: a look at each, so a million take the audit some twenty seconds. */
async function missingBytes(db: Database, store: ObjectStore): Promise<Orphan[]> {
  const missing: Orphan[] = [];
  for (let after = ''; missing.length < MOST_OF_A_CLASS;) {
    // The location is unique, and the order of one index each.
    const records = await rowsOf(db, RECORDED)`
      (SELECT 'image' AS kind, id, location FROM glance.images
        WHERE status = ANY(${[...IMAGES_WITH_BYTES]}) AND deleted_at IS NULL AND location > ${after} ORDER BY location LIMIT ${BATCH})
      UNION ALL
      (SELECT 'object bytes' AS kind, project_id || '/' || container || '/' || name AS id, location FROM swift.objects
        WHERE location > ${after} ORDER BY location LIMIT ${BATCH})
      ORDER BY location LIMIT ${BATCH}`;
    if (records.length === 0) break;
    after = records.at(-1)!.location;
    const gone = await absent(store, records);
    // A record changes before its bytes go: who still points at bytes that are gone has lost them.
    for (const { kind, id } of await stillRecorded(db, gone))
      missing.push({ kind, id, why: 'its bytes are not in the object store', missing: true });
  }
  return missing;
}

async function absent(store: ObjectStore, records: readonly Recorded[]): Promise<Recorded[]> {
  const states = await Promise.all(records.map((r) => store.exists(r.location)));
  return records.filter((_, i) => !states[i]);
}

async function stillRecorded(db: Database, records: readonly Recorded[]): Promise<Recorded[]> {
  if (records.length === 0) return [];
  const locations = records.map((r) => r.location);
  const rows = await rowsOf(db, LOCATION)`
    SELECT location FROM glance.images WHERE location = ANY(${locations})
    UNION ALL SELECT location FROM swift.objects WHERE location = ANY(${locations})`;
  const recorded = new Set(rows.map((r) => r.location));
  return records.filter((r) => recorded.has(r.location));
}

/** Removes bytes, if they are still nobody's at this moment; a name is never used twice, so they then stay so. */
export async function removeBytes(db: Database, store: ObjectStore, name: string): Promise<string | undefined> {
  const found = await store.find(name);
  if (!found || (await unownedOf(db, [found])).length === 0) return undefined;
  await store.remove(found.location);
  return 'removed';
}

/** Puts an image back to `queued` whose upload nobody makes, if that is still so. */
export async function queueImage(db: Database, id: string): Promise<string | undefined> {
  const queued = await db.$executeRaw`
    UPDATE glance.images i SET status = 'queued', upload_id = NULL, updated_at = now()
    WHERE id = ${id} AND status = 'saving' AND deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM objects.uploads WHERE name = i.upload_id AND ${LIVE_UPLOAD})`;
  return queued > 0 ? 'put back to queued' : undefined;
}
