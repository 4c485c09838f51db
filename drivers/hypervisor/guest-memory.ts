import { UndoList } from '../undo-list.js';
import type { Definitions } from './definitions.js';
import { notRunning } from './guest-errors.js';
import type { GuestPaths } from './guest-paths.js';
import { untilReady } from './launch.js';
import type { AtGuestPoint } from './points.js';
import type { RunningGuests } from './running-guests.js';
import type { MemoryWriter } from './memory-writer.js';
import { removeMemory, type Starter } from './starter.js';

/** What QEMU's guest may be in while it stands still. */
const STILL = ['paused', 'prelaunch', 'postmigrate', 'running'];

/**
 * Suspends guests to a file and resumes them, as libvirt's managed save does. The guest's definition says `suspended`
 * exactly while that file is the truth: from when it is on the disk whole, until before a processor of the guest runs
 * again. Memory that is older than the guest's disks is so never loaded, wherever this is killed.
 */
export class GuestMemory {
  constructor(
    private readonly guests: RunningGuests,
    private readonly definitions: Definitions,
    private readonly starter: Starter,
    private readonly writer: MemoryWriter,
    private readonly reach: AtGuestPoint,
  ) {}

  async suspend(at: GuestPaths): Promise<void> {
    const kept = await this.definitions.get(at);
    const { definition } = kept;
    if (definition.power !== 'suspended') {
      if (definition.power === 'off' || (await this.guests.find(at)) === undefined) throw notRunning(at);
      await using undos = new UndoList();
      // A guest that was paused before stays so.
      if (definition.power === 'on') undos.add(() => this.guests.order(at, 'cont'));
      undos.add(() => removeMemory(at));
      await this.write(at, definition.ram);
      await this.definitions.change(at, kept, { power: 'suspended' });
      undos.keep();
      await this.reach('suspend:recorded');
    }
    await this.guests.end(at, 0);
  }

  async resume(at: GuestPaths): Promise<void> {
    const kept = await this.definitions.get(at);
    const { power } = kept.definition;
    const runs = (await this.guests.find(at)) !== undefined;
    if (power === 'off' || (power !== 'suspended' && !runs)) throw notRunning(at);
    if (!runs) await this.starter.load(at, kept.definition);
    // Whoever was killed after it started this may have left it loading.
    else await untilReady(at, STILL, () => false);
    await this.reach('resume:loaded');
    // From here on the file is not the truth any more, whether or not it is still there.
    await this.definitions.change(at, await this.definitions.get(at), { power: 'on' });
    await this.reach('resume:recorded');
    await this.guests.order(at, 'cont');
    await this.reach('resume:running');
    await removeMemory(at);
  }

  private async write(at: GuestPaths, ram: number): Promise<void> {
    using qmp = await this.guests.open(at);
    const { status } = (await qmp.execute('query-status')) as { status: string };
    // It was written before, by a process that was killed. QEMU writes no guest twice that has not run in between.
    if (status === 'postmigrate') await qmp.execute('cont');
    await qmp.execute('stop');
    await this.reach('suspend:paused');
    await this.writer.write(qmp, at, ram);
    await this.reach('suspend:saved');
  }
}
