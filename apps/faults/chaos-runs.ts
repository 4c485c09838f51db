/**
 * What chaos runs did and what came of it (`npm run chaos`). Each is a file of the state directory: a run has a cloud of its own that is
 * gone when somebody looks. Development mode only.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static, type TSchema } from 'typebox';

const closed = { additionalProperties: false };
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
/** Milliseconds from the beginning of the run. */
const ms = Type.Integer();
const text = Type.String();

const SUMMARY = {
  id: text,
  began_at: Type.String({ format: 'date-time' }),
  seed: Type.Integer(),
  /** Servers that were accepted, and how they ended. */
  boots: Type.Integer(),
  active: Type.Integer(),
  error: Type.Integer(),
  /** Of those in ERROR, the ones whose network was taken away under them on purpose. */
  error_by_intent: Type.Integer(),
  deleted_in_build: Type.Integer(),
  /** What must be 0: servers and operations that go on for ever, servers of which nothing is known any more, and what nobody owns. */
  stuck: Type.Integer(),
  lost: Type.Integer(),
  leaks: Type.Integer(),
  disturbances: Type.Integer(),
  longest_boot_ms: ms,
  /** From the last disturbance until all was quiet; null where it never was. */
  recovery_ms: orNull(ms),
};
export const ChaosSummary = Type.Object(SUMMARY, { ...closed, title: 'ChaosSummary' });
const Disturbed = Type.Object(
  { what: Type.Enum(['kill', 'away', 'pause', 'restart']), target: text, at: ms, ended_at: ms },
  { ...closed, title: 'Disturbance' },
);
const Booted = Type.Object(
  {
    id: text,
    /** When it was asked for, when it was no longer in BUILD, when its delete was asked for, and when it was gone. */
    at: ms,
    settled_at: orNull(ms),
    deleted_at: orNull(ms),
    gone_at: orNull(ms),
    status: orNull(text),
    fault: orNull(text),
  },
  { ...closed, title: 'ChaosServer' },
);
const Sample = Type.Object({ at: ms, building: Type.Integer() }, { ...closed, title: 'ChaosSample' });
export const ChaosRecord = Type.Object(
  {
    run: ChaosSummary,
    disturbed: Type.Array(Disturbed),
    servers: Type.Array(Booted),
    /** How many servers were in BUILD at a moment. */
    samples: Type.Array(Sample),
  },
  { ...closed, title: 'ChaosRun' },
);
export type ChaosRecord = Static<typeof ChaosRecord>;

/** Older ones give way: each is some hundred kilobytes. */
const KEPT = 20;
const FILE = /^(\d{8}T\d{6}Z-\d{1,10})\.json$/;

export class ChaosRuns {
  private readonly folder: string;

  constructor(home: string) {
    this.folder = path.join(home, 'chaos');
  }

  /** Keeps a run, whole or not at all. @returns its id */
  async save(record: Omit<ChaosRecord, 'run'> & { run: Omit<ChaosRecord['run'], 'id'> }): Promise<string> {
    const id = `${record.run.began_at.replaceAll(/[-:]|\.\d+/g, '')}-${record.run.seed}`;
    const file = path.join(this.folder, `${id}.json`);
    await mkdir(this.folder, { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify({ ...record, run: { id, ...record.run } }), { mode: 0o600 });
    await rename(`${file}.new`, file);
    const old = (await this.ids()).slice(KEPT);
    await Promise.all(old.map((one) => rm(path.join(this.folder, `${one}.json`), { force: true })));
    return id;
  }

  /** The newest first. */
  async list(): Promise<ChaosRecord['run'][]> {
    const found = await Promise.all((await this.ids()).map((id) => this.find(id)));
    return found.flatMap((one) => (one === undefined ? [] : [one.run]));
  }

  /** Undefined for one that is not there: only what the folder lists is ever read. */
  async find(id: string): Promise<ChaosRecord | undefined> {
    if (!(await this.ids()).includes(id)) return undefined;
    const read = await readFile(path.join(this.folder, `${id}.json`), 'utf8').catch(absent);
    return read === undefined ? undefined : (JSON.parse(read) as ChaosRecord);
  }

  private async ids(): Promise<string[]> {
    const names = (await readdir(this.folder).catch(absent)) ?? [];
    return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).toSorted((a, b) => b.localeCompare(a));
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
