import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NetworkDriver, PlugRequest } from './index.js';

/** A network that carries nothing: a plugged card is a file, which outlives the role that wrote it. It says so. */
export class FakeNetwork implements NetworkDriver {
  readonly type = 'fake';

  constructor(private readonly directory: string) {}

  async plug(card: PlugRequest): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const file = this.fileOf(card.portId);
    await writeFile(`${file}.new`, JSON.stringify(card), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  async unplug({ portId }: { portId: string }): Promise<void> {
    await rm(this.fileOf(portId), { force: true });
  }

  async list(): Promise<{ portId: string; serverId: string; host: string }[]> {
    const files = (await readdir(this.directory).catch(() => [])).filter((f) => f.endsWith('.json'));
    const read = await Promise.all(
      files.map((f) => readFile(path.join(this.directory, f), 'utf8').catch(() => undefined)),
    );
    return read.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as PlugRequest]));
  }

  private fileOf(portId: string): string {
    return path.join(this.directory, `${portId}.json`);
  }
}
