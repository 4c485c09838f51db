import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unplug } from '#drivers/hypervisor/plug';
import { Qmp } from '#drivers/hypervisor/qmp';

const ID = 'card-1';
const card = { id: ID, device: { driver: 'virtio-net-pci', id: ID } };

describe('a device that is to be taken from a guest', () => {
  let folder: string;
  let server: Server;
  /** What QEMU answers to device_del. */
  let answer: (socket: Socket) => void;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'novaflow-qmp-'));
    server = createServer((socket) => {
      send(socket, { QMP: {} });
      socket.on('error', () => undefined);
      readline.createInterface({ input: socket }).on('line', (line) => {
        const { execute } = JSON.parse(line) as { execute: string };
        if (execute === 'device_del') answer(socket);
        else send(socket, { return: execute === 'qom-list' ? [{ name: ID }] : {} });
      });
    });
    await new Promise<void>((done) => server.listen(path.join(folder, 'qmp.sock'), done));
  });
  afterEach(async () => {
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true });
  });
  const send = (socket: Socket, message: object): void => void socket.write(`${JSON.stringify(message)}\n`);

  async function outcome(ms: number): Promise<string> {
    using qmp = await Qmp.open(folder, 'qmp.sock');
    return await unplug(qmp, card, ms, () => Promise.resolve());
  }

  it('stays when the guest refuses, also when it does so before QEMU has answered', async () => {
    const refusal = { event: 'DEVICE_UNPLUG_GUEST_ERROR', data: { device: ID, path: '/machine/peripheral/card-1' } };
    answer = (socket) => {
      send(socket, refusal);
      send(socket, { return: {} });
    };
    expect(await outcome(10_000)).toBe('refused');
  });

  it('stays when the guest does not answer in time, and another device’s end is not its own', async () => {
    answer = (socket) => {
      send(socket, { return: {} });
      send(socket, { event: 'DEVICE_DELETED', data: { device: 'card-2' } });
    };
    expect(await outcome(100)).toBe('no answer');
  });

  it('is gone when the guest lets go of it after an earlier call has asked for it', async () => {
    answer = (socket) => {
      const desc = 'Device card-1 is already in the process of unplug';
      send(socket, { error: { class: 'GenericError', desc } });
      send(socket, { event: 'DEVICE_DELETED', data: { device: ID } });
    };
    expect(await outcome(10_000)).toBe('gone');
  });
});
