import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkedHost, checkedId, isHostName, isId } from '../names.js';
import { OneByOne } from '../one-by-one.js';
import type { GuestSpec, GuestTrace, Hypervisor, HypervisorFacts } from './index.js';

/** How often a waiting spawn reports that it lives. */
const BEAT_MS = 500;

/**
 * A hypervisor that runs nothing: a guest is a file. For tests of scale and of failure; it says so wherever it is
 * asked. Files, because a guest must outlive the role that made it, as a real one does.
 */
export class FakeHypervisor implements Hypervisor {
  private readonly turns = new OneByOne();

  constructor(
    private readonly directory: string,
    private readonly spawnMs: number,
  ) {}

  facts(): Promise<HypervisorFacts> {
    return Promise.resolve({ type: 'fake', version: '1.0', accelerator: 'none: no guest really runs' });
  }

  spawn(spec: GuestSpec, beat: () => void, signal: AbortSignal): Promise<void> {
    return this.turns.run(spec.serverId, async () => {
      const end = Date.now() + this.spawnMs;
      for (let left = this.spawnMs; left > 0; left = end - Date.now()) {
        beat();
        await sleep(Math.min(left, BEAT_MS), undefined, { signal });
      }
      const file = this.fileOf(spec);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const console = `${spec.name} (fake hypervisor: no guest runs)\nnovaflow: guest up\nserver ${spec.serverId}\n`;
      await writeFile(`${file}.new`, JSON.stringify({ name: spec.name, console }), { mode: 0o600 });
      await rename(`${file}.new`, file);
    });
  }

  destroy(guest: { serverId: string; host: string }): Promise<void> {
    return this.turns.run(guest.serverId, () => rm(this.fileOf(guest), { force: true }));
  }

  async console(guest: { serverId: string; host: string }, lines?: number): Promise<string> {
    const { console } = JSON.parse(await readFile(this.fileOf(guest), 'utf8')) as { console: string };
    return lines === undefined
      ? console
      : console
          .split('\n')
          .slice(-lines - 1)
          .join('\n');
  }

  async list(): Promise<GuestTrace[]> {
    const hosts = await readdir(this.directory).catch(() => []);
    const found = await Promise.all(
      hosts.filter(isHostName).map(async (host) => {
        const files = await readdir(path.join(this.directory, host)).catch(() => []);
        return files
          .filter((f) => f.endsWith('.json') && isId(path.basename(f, '.json')))
          .map((f) => ({ kind: 'guest' as const, id: path.join(host, f), serverId: path.basename(f, '.json'), host }));
      }),
    );
    return found.flat();
  }

  imagesInUse(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set());
  }

  trimConsoles(): Promise<void> {
    return Promise.resolve();
  }

  resume(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  suspendAll(): Promise<void> {
    return Promise.resolve();
  }

  private fileOf({ host, serverId }: { host: string; serverId: string }): string {
    return path.join(this.directory, checkedHost(host), `${checkedId('server', serverId)}.json`);
  }
}
