import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { QemuGuests } from '../setup/qemu-guests.js';

describe('a guest’s display', () => {
  let guests: QemuGuests;
  beforeAll(async () => {
    guests = await QemuGuests.open();
  });
  afterAll(() => guests.end());

  it('speaks RFB on a socket of the guest’s own, also when the guest is resumed, and is gone when it is off', async () => {
    const guest = await guests.spawned();
    const driver = guests.driver();
    const shows = async (): Promise<string> => {
      const display = await driver.display(guest);
      // A QEMU that ends takes the connection with it and says nothing.
      const closed = once(display, 'close').then(() => []);
      const [banner] = (await Promise.race([once(display, 'data'), closed])) as Buffer[];
      display.destroy();
      return banner?.toString() ?? 'closed without a word';
    };
    /** A process that ends has its sockets for a moment more. */
    const gone = () =>
      until(
        () =>
          driver.display(guest).then(
            (display) => void display.destroy(),
            () => true,
          ),
        50,
        10_000,
      );
    expect(await shows()).toMatch(/^RFB 003\.00\d\n$/);
    // With some of QEMU's cards a guest that was resumed ends when it is looked at, though not each time.
    for (let round = 1; round <= 5; round++) {
      await driver.suspend(guest);
      await gone();
      await driver.resume(guest);
      expect([round, await shows()]).toEqual([round, expect.stringMatching(/^RFB/)]);
    }
    await driver.powerOff(guest, 0);
    await gone();
  });
});
