import type { GuestDefinition } from './definition.js';
import type { Definitions, Kept } from './definitions.js';
import { noCrashDump, notRunning } from './guest-errors.js';
import type { GuestMemory } from './guest-memory.js';
import type { GuestPaths } from './guest-paths.js';
import type { AtGuestPoint, GuestPoint } from './points.js';
import { QmpError } from './qmp.js';
import type { RunningGuests } from './running-guests.js';
import { removeMemory, type Starter } from './starter.js';

/**
 * Grace for a guest whose power-off was interrupted by a kill. The button was pressed then: this is the rest of the
 * time.
 */
const REST_SECONDS = 10;

/**
 * Switches guests on and off. The state that is wanted is written to the guest's definition before anything is done. So
 * after a kill the next call knows what was begun, and a guest that is to be off is not started with its machine.
 */
export class GuestPower {
  constructor(
    private readonly guests: RunningGuests,
    private readonly definitions: Definitions,
    private readonly starter: Starter,
    private readonly memory: GuestMemory,
    private readonly reach: AtGuestPoint,
  ) {}

  async off(at: GuestPaths, graceSeconds: number): Promise<void> {
    const kept = await this.definitions.read(at);
    // Even without a definition there may be a process whose folder was lost.
    if (kept) await this.definitions.change(at, kept, { power: 'off' });
    await this.reach('powerOff:recorded');
    await this.guests.end(at, graceSeconds);
    await removeMemory(at);
  }

  async on(at: GuestPaths): Promise<void> {
    const { definition } = await this.definitions.get(at);
    if (definition.power === 'suspended') return this.memory.resume(at);
    if ((await this.guests.find(at)) !== undefined) {
      if (definition.power === 'on') return this.starter.finish(at, definition);
      if (definition.power === 'paused') return;
      // Its power-off was interrupted: without this, it might go down after it is reported as on.
      await this.guests.end(at, REST_SECONDS);
    }
    await this.starter.start(at, definition, 'on');
  }

  async reboot(at: GuestPaths, graceSeconds: number): Promise<void> {
    const kept = await this.definitions.get(at);
    await this.definitions.change(at, kept, { power: 'on' });
    await this.guests.end(at, graceSeconds);
    await this.reach('reboot:off');
    await this.starter.start(at, kept.definition, 'on');
  }

  async pause(at: GuestPaths): Promise<void> {
    await this.change(at, 'paused', 'pause:recorded');
    await this.guests.order(at, 'stop');
  }

  async unpause(at: GuestPaths): Promise<void> {
    await this.starter.run(at, await this.change(at, 'on', 'unpause:recorded'));
  }

  async injectNmi(at: GuestPaths): Promise<void> {
    await this.running(at);
    await this.guests.order(at, 'inject-nmi').catch((error: unknown) => {
      throw error instanceof QmpError ? noCrashDump(error) : error;
    });
  }

  private async change(at: GuestPaths, power: 'on' | 'paused', recorded: GuestPoint): Promise<GuestDefinition> {
    const { definition } = await this.definitions.change(at, await this.running(at), { power });
    await this.reach(recorded);
    return definition;
  }

  /** What is kept of a guest that runs or is paused. @throws InstanceNotRunning */
  private async running(at: GuestPaths): Promise<Kept> {
    const kept = await this.definitions.get(at);
    const runs = (await this.guests.find(at)) !== undefined;
    if (!runs || kept.definition.power === 'suspended' || kept.definition.power === 'off') throw notRunning(at);
    return kept;
  }
}
