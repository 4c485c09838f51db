import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkedHost, checkedId, isId } from '../names.js';
import { OneByOne } from '../one-by-one.js';
import type { NetworkDriver, PlugRequest } from './index.js';

/** A network that carries nothing: a plugged card is a file, which outlives the role that wrote it. It says so. */
export class FakeNetwork implements NetworkDriver {
  readonly type = 'fake';
  private readonly turns = new OneByOne();

  constructor(private readonly directory: string) {}

  plug(card: PlugRequest): Promise<void> {
    return this.turns.run(card.portId, async () => {
      const file = this.fileOf(card);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(`${file}.new`, JSON.stringify(card), { mode: 0o600 });
      await rename(`${file}.new`, file);
    });
  }

  unplug(card: { portId: string; host: string }): Promise<void> {
    return this.turns.run(card.portId, () => rm(this.fileOf(card), { force: true }));
  }

  async list(): Promise<{ portId: string; serverId: string; host: string }[]> {
    const files = await readdir(this.directory, { recursive: true }).catch(() => []);
    const read = await Promise.all(
      files
        .filter((f) => f.endsWith('.json') && isId(path.basename(f, '.json')))
        .map((f) => readFile(path.join(this.directory, f), 'utf8').catch(() => undefined)),
    );
    return read.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as PlugRequest]));
  }

  private fileOf({ host, portId }: { host: string; portId: string }): string {
    return path.join(this.directory, checkedHost(host), `${checkedId('port', portId)}.json`);
  }
}
