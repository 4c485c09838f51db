import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '#drivers/durable';

/** What was measured of one thing at one time, as `PUT /internal/samples` takes it. */
export interface SampleRecord {
  readonly type: string;
  readonly id: string;
  readonly part?: string;
  readonly at: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A day of one round every five minutes: who repairs a control plane for longer has lost more than measures. */
const MOST_ROUNDS = 288;
/** A thousand guests with some disks are half a megabyte a round: for the most of a day, and no disk is filled by it. */
const MOST_BYTES = 128 * 2 ** 20;
const ROUND = /^(\d{13,16})\.json$/;

/**
 * The rounds of samples that the control plane has not taken yet, a file each, so that a role that is killed loses no more
 * than the round that it was taking. The oldest give way.
 */
export class SampleSpool {
  constructor(private readonly folder: string) {}

  /** @returns how many older rounds had to give way */
  async put(samples: readonly SampleRecord[]): Promise<number> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.folder, `${Date.now()}.json`);
    await writeFile(`${file}.partial`, JSON.stringify(samples), { mode: 0o600 });
    await replaceFile(`${file}.partial`, file);
    return this.trim();
  }

  /** The oldest round. One that cannot be read is removed: a file that is not ours. */
  async oldest(): Promise<{ name: string; samples: readonly SampleRecord[] } | undefined> {
    for (const name of await this.rounds()) {
      const text = await readFile(path.join(this.folder, name), 'utf8');
      try {
        return { name, samples: JSON.parse(text) as SampleRecord[] };
      } catch {
        await this.remove(name);
      }
    }
    return undefined;
  }

  remove(name: string): Promise<void> {
    return rm(path.join(this.folder, name), { force: true });
  }

  private async trim(): Promise<number> {
    const rounds = (await this.rounds()).toReversed();
    const sizes = await Promise.all(rounds.map(async (name) => (await stat(path.join(this.folder, name))).size));
    let bytes = 0;
    const over = rounds.filter((_, i) => (bytes += sizes[i]!) > MOST_BYTES || i >= MOST_ROUNDS);
    for (const name of over) await this.remove(name);
    return over.length;
  }

  /** By age, the oldest first. */
  private async rounds(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: unknown): string[] => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => ROUND.test(name)).toSorted((a, b) => parseInt(a) - parseInt(b));
  }
}
