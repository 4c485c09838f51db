import { setTimeout as sleep } from 'node:timers/promises';
import type { Qapi, QemuDevice } from './devices.js';
import type { AtGuestPoint } from './points.js';
import { QmpError, type Qmp } from './qmp.js';

/** A block node is in use for a moment after its device is gone. */
const IN_USE_MS = 5_000;
const POLL_MS = 50;
/** The events that end an attempt to take a device away. */
const ENDS = new Set(['DEVICE_DELETED', 'DEVICE_UNPLUG_GUEST_ERROR']);

/** How an attempt to take a device away ended. */
type Unplugged = 'gone' | 'refused' | 'no answer';

/**
 * Plugs a device into a running guest. One that is plugged already is left as it is.
 * @param make makes what stands behind the device, where it is not plugged yet
 * @throws QmpError when QEMU refuses: nothing of the device is left then
 */
export async function plug(qmp: Qmp, id: string, make: () => Promise<QemuDevice>, reach: AtGuestPoint): Promise<void> {
  if (await isPlugged(qmp, id)) return;
  const wanted = await make();
  // The backend that a killed call left: it has no device, and may be for another file.
  await removeBackend(qmp, wanted);
  const { blockdev, netdev, device } = wanted;
  if (blockdev) await qmp.execute('blockdev-add', blockdev);
  if (netdev) await qmp.execute('netdev_add', netdev);
  await reach('attach:backend');
  try {
    await qmp.execute('device_add', device);
  } catch (error) {
    if (error instanceof QmpError) await removeBackend(qmp, wanted);
    throw error;
  }
}

/**
 * Unplugs a device from a running guest, which has to release it. It is fine if it is not plugged.
 * @param ms how long to wait for the guest. If it answers later, it releases the device then
 */
export async function unplug(
  qmp: Qmp,
  device: Omit<QemuDevice, 'device'>,
  ms: number,
  reach: AtGuestPoint,
): Promise<Unplugged> {
  if (await isPlugged(qmp, device.id)) {
    const answer = await ask(qmp, device.id, ms);
    if (answer !== 'gone' && (await isPlugged(qmp, device.id))) return answer;
  }
  await reach('detach:unplugged');
  await removeBackend(qmp, device);
  return 'gone';
}

async function ask(qmp: Qmp, id: string, ms: number): Promise<Unplugged> {
  try {
    await qmp.execute('device_del', { id });
  } catch (error) {
    if (!(error instanceof QmpError)) throw error;
    if (error.type === 'DeviceNotFound') return 'gone';
    // QEMU asks a guest only once, and has asked this one. It may still release the device; or it was asked before it
    // could.
    if (!error.message.includes('in the process of unplug')) throw error;
  }
  const event = await qmp.event((e) => ENDS.has(e.event) && e.data?.['device'] === id, ms);
  if (event?.event === 'DEVICE_DELETED') return 'gone';
  return event ? 'refused' : 'no answer';
}

/** Devices with a name are the children of /machine/peripheral. */
async function isPlugged(qmp: Qmp, id: string): Promise<boolean> {
  const children = (await qmp.execute('qom-list', { path: '/machine/peripheral' })) as { name: string }[];
  return children.some(({ name }) => name === id);
}

/** It is fine if there is none. */
async function removeBackend(qmp: Qmp, { blockdev, netdev }: Omit<QemuDevice, 'device'>): Promise<void> {
  if (blockdev) await removeNode(qmp, String(blockdev['node-name']));
  if (netdev) await remove(qmp, 'netdev_del', { id: netdev['id'] });
}

async function removeNode(qmp: Qmp, node: string): Promise<void> {
  for (const end = Date.now() + IN_USE_MS; ; await sleep(POLL_MS)) {
    try {
      await remove(qmp, 'blockdev-del', { 'node-name': node });
      return;
    } catch (error) {
      const inUse = error instanceof QmpError && error.message.includes('in use');
      if (!inUse || Date.now() > end) throw error;
    }
  }
}

async function remove(qmp: Qmp, command: string, args: Qapi): Promise<void> {
  try {
    await qmp.execute(command, args);
  } catch (error) {
    const there = !(error instanceof QmpError) || !/not found|failed to find/i.test(error.message);
    if (there) throw error;
  }
}
