import type { Sample } from '../gnocchi/index.js';
import type { Statements } from '../kernel/database.js';
import { float, nullable, rowType, rowsOf, text, time } from '../kernel/rows.js';
import { METERS, archivePolicyOf } from './meters.js';

/** Of one statement: a few hundred kilobytes. */
const PAGE = 2_000;

const DUE = rowType({ at: time });
const VOLUME = rowType({
  id: text,
  project_id: text,
  user_id: text,
  display_name: text,
  volume_type: text,
  image_id: nullable(text),
  instance_id: nullable(text),
  size: float,
});
const IMAGE = rowType({
  id: text,
  project_id: text,
  name: nullable(text),
  container_format: nullable(text),
  disk_format: nullable(text),
  size: float,
});

/**
 * Whether it is time to meter the records, for one of all conductors: whoever asks first has the turn. One that dies in it
 * leaves out that round.
 * @returns the round's time, or undefined
 */
export async function takeTurn(sql: Statements, intervalSeconds: number): Promise<Date | undefined> {
  const [turn] = await rowsOf(sql, DUE)`
    INSERT INTO notifications.readers AS r (name, cursor, next_attempt_at)
    VALUES ('ceilometer.records', '', now() + make_interval(secs => ${intervalSeconds}))
    ON CONFLICT (name) DO UPDATE SET next_attempt_at = EXCLUDED.next_attempt_at WHERE r.next_attempt_at <= now()
    RETURNING date_trunc('milliseconds', now()) AS at`;
  return turn?.at;
}

/** What the records say of volumes and images (ceilometer/volume/cinder.py, ceilometer/image/glance.py), page by page. */
export async function* samplesOfRecords(sql: Statements, timestamp: Date): AsyncGenerator<Sample[]> {
  for await (const page of pages((after) => volumes(sql, after)))
    yield page.map(({ id, project_id, user_id, size, ...attributes }) => ({
      resource: { type: 'volume', id, project_id, user_id, attributes: present(attributes) },
      ...named('volume', 'volume.size'),
      timestamp,
      value: size,
    }));
  for await (const page of pages((after) => images(sql, after)))
    yield page.map(({ id, project_id, size, ...attributes }) => ({
      resource: { type: 'image', id, project_id, user_id: null, attributes: present(attributes) },
      ...named('image', 'image.size'),
      timestamp,
      value: size,
    }));
}

const volumes = (sql: Statements, after: string) => rowsOf(sql, VOLUME)`
  SELECT v.id, v.project_id, v.user_id, v.name AS display_name, v.volume_type, v.image_id, a.server_id AS instance_id,
    v.size::float8 AS size
  FROM cinder.volumes v LEFT JOIN cinder.volume_attachments a ON a.volume_id = v.id
  WHERE v.id > ${after} ORDER BY v.id LIMIT ${PAGE}`;

const images = (sql: Statements, after: string) => rowsOf(sql, IMAGE)`
  SELECT id, owner AS project_id, name, container_format, disk_format, size::float8 AS size FROM glance.images
  WHERE id > ${after} AND deleted_at IS NULL AND size IS NOT NULL ORDER BY id LIMIT ${PAGE}`;

async function* pages<Row extends { readonly id: string }>(
  next: (after: string) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after = ''; ;) {
    const page = await next(after);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)!.id;
  }
}

function named<T extends 'volume' | 'image'>(type: T, metric: keyof (typeof METERS)[T] & string) {
  const meter = METERS[type][metric] as { readonly unit: string };
  return { metric, unit: meter.unit, archive_policy: archivePolicyOf(meter) };
}

const present = (attributes: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
