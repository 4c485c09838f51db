import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkedHost, checkedId, isId } from '../names.js';
import type { CardId, PlugRequest } from './index.js';

/** The cards that are plugged on a machine: a file each, which outlives the role that wrote it. */
export class CardRecords {
  constructor(private readonly directory: string) {}

  async write(card: PlugRequest): Promise<void> {
    const file = this.fileOf(card);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, JSON.stringify(card), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  /** No such card is fine. */
  remove(card: CardId): Promise<void> {
    return rm(this.fileOf(card), { force: true });
  }

  async read(card: CardId): Promise<PlugRequest | undefined> {
    return parsed(await readFile(this.fileOf(card), 'utf8').catch(nothing));
  }

  async list(): Promise<PlugRequest[]> {
    const files = await readdir(this.directory, { recursive: true }).catch(() => []);
    const read = await Promise.all(
      files
        .filter((f) => f.endsWith('.json') && isId(path.basename(f, '.json')))
        .map(async (f) => parsed(await readFile(path.join(this.directory, f), 'utf8').catch(nothing))),
    );
    return read.filter((card) => card !== undefined);
  }

  private fileOf({ host, portId }: CardId): string {
    return path.join(this.directory, checkedHost(host), `${checkedId('port', portId)}.json`);
  }
}

const parsed = (text: string | undefined): PlugRequest | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as PlugRequest);

function nothing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
