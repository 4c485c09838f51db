import { UndoList } from '../undo-list.js';
import type { Definitions } from './definitions.js';
import { notRunning } from './guest-errors.js';
import type { GuestPaths } from './guest-paths.js';
import { untilReady } from './launch.js';
import type { AtGuestPoint } from './points.js';
import type { RunningGuests } from './running-guests.js';
import type { MemoryWriter } from './memory-writer.js';
import { removeMemory, type Starter } from './starter.js';

/**
 * QEMU's run states of a guest whose memory has been loaded. `running` is one in which an earlier call has already
 * continued it.
 */
const STILL = ['paused', 'prelaunch', 'postmigrate', 'running'];

/**
 * Suspends guests to a file and resumes them, as libvirt's managed save does. The guest's definition says `suspended`
 * exactly as long as that file is valid: from when it is complete on the disk, until just before a processor of the
 * guest runs again. So memory that is older than the guest's disks is never loaded, wherever the role is killed.
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
    // An earlier call may have been killed while this process was loading the memory.
    else await untilReady(at, STILL, () => false);
    await this.reach('resume:loaded');
    // From here on the file is not valid any more, whether or not it still exists.
    await this.definitions.change(at, await this.definitions.get(at), { power: 'on' });
    await this.reach('resume:recorded');
    await this.starter.run(at, kept.definition);
    await this.reach('resume:running');
    await removeMemory(at);
  }

  private async write(at: GuestPaths, ram: number): Promise<void> {
    using qmp = await this.guests.open(at);
    const { status } = (await qmp.execute('query-status')) as { status: string };
    // An earlier call saved it and was killed. QEMU does not save a guest twice unless it has run in between.
    if (status === 'postmigrate') await qmp.execute('cont');
    await qmp.execute('stop');
    await this.reach('suspend:paused');
    await this.writer.write(qmp, at, ram);
    await this.reach('suspend:saved');
  }
}
