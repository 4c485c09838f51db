import { badRequest, forbidden } from '../kernel/errors.js';
import type { CreateServerRequest } from './server-request.js';

/**
 * Devices that a guest's machine takes: QEMU's `pc` has one PCI bus of 32 slots, of which its bridges hold two
 * (drivers/hypervisor/qemu-arguments.ts). Each disk, each network card and the config drive takes one; with one more,
 * QEMU does not start ("PCI: no slot/function available").
 */
const MACHINE_SLOTS = 30;

/**
 * How many servers one request may make. Nova leaves this to the quota. Here all of them are inserted in one
 * transaction, which must stay below its time limit of ten seconds even if the quota is unlimited. The number is that
 * of the longest page (api.max_limit).
 */
const SERVERS_PER_REQUEST = 1_000;

/**
 * The largest request that is kept, in bytes of JSON. It is the input of a workflow, and parts of it are copied into
 * the input of each step. Temporal accepts 2 MiB in one payload and 4 MiB in one message; an ordinary boot has 2 KiB.
 */
const REQUEST_BYTES = 256 * 1024;

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * Whether a guest gets a config drive: if it asks for one, or has user data or files, which only that can bring into
 * it.
 */
export const hasConfigDrive = (request: CreateServerRequest): boolean =>
  request.configDrive || request.userData !== undefined || request.files.length > 0;

/** Refuses more devices than a guest's machine takes, before any of them is looked up. @throws 400 */
export function checkMachine(request: CreateServerRequest): void {
  const { networks, blockDevices, imageRef } = request;
  // Without a list there is at most one network.
  const cards = Array.isArray(networks) && networks.length > 0 ? networks.length : networks === 'none' ? 0 : 1;
  const volumes = blockDevices.filter((d) => d.destination_type === 'volume').length;
  const root = imageRef !== undefined || volumes < blockDevices.length ? 1 : 0;
  const drive = hasConfigDrive(request) ? 1 : 0;
  const devices = root + volumes + cards + drive;
  if (devices <= MACHINE_SLOTS) return;
  const parts = [plural(root + volumes, 'disk'), plural(cards, 'network'), ...(drive ? ['a config drive'] : [])];
  throw badRequest(
    `The request asks for ${parts.join(', ')}: ${devices} devices, and a guest's machine takes ${MACHINE_SLOTS}.`,
  );
}

/** Refuses one more device for a guest than its machine takes. @param devices what it has @throws 403 in Nova's words */
export function checkRoom(devices: number): void {
  if (devices >= MACHINE_SLOTS)
    throw forbidden(
      `The maximum allowed number of disk devices (${MACHINE_SLOTS}) to attach to a single instance has been exceeded.`,
    );
}

/** @param count servers that the quota lets the request make. @throws 400 when they are too many for one request */
export function checkCount(count: number): void {
  if (count > SERVERS_PER_REQUEST)
    throw badRequest(
      `One request makes at most ${SERVERS_PER_REQUEST} servers. Ask for the others in further requests.`,
    );
}

/** @param kept what is written of the request. @throws 400 when it is too large to be a workflow's input */
export function checkRequestSize(kept: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(kept));
  if (bytes > REQUEST_BYTES)
    throw badRequest(
      `The request is too large: with its flavor, image, devices and hints it comes to ${bytes} bytes, and may have ${REQUEST_BYTES} bytes.`,
    );
}

/** What a request has of what is limited by request: items, and bytes of the longest. */
export function amountsOf({ metadata, files }: CreateServerRequest) {
  const longest = (field: 'path' | 'contents'): number => Math.max(0, ...files.map((f) => f[field].length));
  return {
    metadata_items: Object.keys(metadata).length,
    injected_files: files.length,
    injected_file_path_bytes: longest('path'),
    injected_file_content_bytes: longest('contents'),
  };
}
