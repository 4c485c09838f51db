/**
 * What goes on in a cloud beside boots: images are uploaded and deleted meanwhile, networks are deleted under the servers
 * that are built on them, volumes are made and deleted, objects are replaced by several at once. Each kind ends with
 * nothing of its own left, whatever is disturbed meanwhile; what a lost answer left is found by its name at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '#apps/standalone/api';
import { NAME, SETTLES_WITHIN_MS, type Load } from './load.js';

export const KINDS = ['upload', 'network', 'volume', 'object'] as const;
export type Kind = (typeof KINDS)[number];

/** An upload sends so many pieces of this size, this far apart: long enough that something happens in the middle of it. */
const PIECES = 20;
const PIECE_BYTES = 64 * 1024;
const PIECE_EVERY_MS = 100;
const WRITERS = 4;
const POLL_MS = 500;

export class Traffic {
  /** How many of each were begun. */
  readonly begun: Record<Kind, number> = { upload: 0, network: 0, volume: 0, object: 0 };

  constructor(
    private readonly api: Api,
    private readonly load: Load,
  ) {}

  /** Does one of a kind, to its end. @param random decides how */
  async run(kind: Kind, random: () => number): Promise<void> {
    this.begun[kind]++;
    // Drawn at once, so that the same seed draws the same whatever happens meanwhile.
    const [first, second, third] = [random(), random(), random()];
    if (kind === 'upload') await this.upload(first < 1 / 2, second);
    if (kind === 'network') await this.network(first * 1_500);
    if (kind === 'volume') await this.volume(first < 1 / 2, second < 1 / 3, third * 3_000);
    if (kind === 'object') await this.object(`${NAME}-${Math.floor(first * 4)}`);
  }

  /** Takes away what is left of all kinds. */
  async clean(): Promise<void> {
    const { images } = (await this.load.insist<{ images: { id: string }[] }>('GET', `/image/v2/images?name=${NAME}`))
      .body;
    await Promise.all(images.map((i) => this.load.insist('DELETE', `/image/v2/images/${i.id}`)));
    for (const { name } of await this.containers()) await this.empty(name);
    await this.untilGone(async () => {
      const { volumes } = (
        await this.load.insist<{ volumes: { id: string; status: string }[] }>(
          'GET',
          `/volume/v3/volumes/detail?name=${NAME}`,
        )
      ).body;
      const idle = volumes.filter((v) => ['available', 'error'].includes(v.status));
      await Promise.all(idle.map((v) => this.load.insist('DELETE', `/volume/v3/volumes/${v.id}`)));
      return volumes.length;
    });
    await this.untilGone(async () => {
      const { networks } = (
        await this.load.insist<{ networks: { id: string }[] }>('GET', `/network/v2.0/networks?name=${NAME}`)
      ).body;
      await Promise.all(networks.map((n) => this.load.insist('DELETE', `/network/v2.0/networks/${n.id}`)));
      return networks.length;
    });
  }

  private async untilGone(remove: () => Promise<number>): Promise<void> {
    for (const end = Date.now() + SETTLES_WITHIN_MS; (await remove()) > 0 && Date.now() < end;) await sleep(POLL_MS);
  }

  /** Uploads an image slowly. @param deleted whether it is deleted in the middle, after this part of the upload */
  private async upload(deleted: boolean, part: number): Promise<void> {
    const created = await this.load.insist<{ id: string }>('POST', '/image/v2/images', {
      name: NAME,
      disk_format: 'raw',
      container_format: 'bare',
    });
    const path = `/image/v2/images/${created.body.id}`;
    const sent = this.api.send('PUT', `${path}/file`, slowly()).catch(() => undefined);
    if (deleted) await sleep(part * PIECES * PIECE_EVERY_MS);
    else await sent;
    await this.load.insist('DELETE', path);
    await sent;
  }

  /** Boots a server on a network of its own, and deletes the network under it. */
  private async network(after: number): Promise<void> {
    const { body } = await this.load.insist<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: { name: NAME },
    });
    const { id } = body.network;
    await this.load.insist('POST', '/network/v2.0/subnets', {
      subnet: { name: NAME, network_id: id, ip_version: 4, cidr: '10.99.0.0/24' },
    });
    await this.load.boot('image', id);
    await sleep(after);
    // 409 while a port of the server is on it: then it goes at the end.
    await this.load.insist('DELETE', `/network/v2.0/networks/${id}`);
  }

  private async volume(fromImage: boolean, atOnce: boolean, after: number): Promise<void> {
    const { body } = await this.load.insist<{ volume: { id: string } }>('POST', '/volume/v3/volumes', {
      volume: { name: NAME, size: 1, ...(fromImage ? { imageRef: this.load.image } : {}) },
    });
    const path = `/volume/v3/volumes/${body.volume.id}`;
    // A volume that is being made cannot be deleted: 400, and it goes at the end.
    if (atOnce) return void (await this.load.insist('DELETE', path));
    await sleep(after);
    await this.load.volumeIsMade(body.volume.id);
    await this.load.insist('DELETE', path);
  }

  /** Several replace one object at once, and then it is deleted with its container. */
  private async object(container: string): Promise<void> {
    const path = `${this.account}/${container}`;
    await this.load.insist('PUT', path);
    const write = (i: number): Promise<unknown> =>
      this.api.send('PUT', `${path}/one`, new TextEncoder().encode(`writer ${i}`)).catch(() => undefined);
    await Promise.all(Array.from({ length: WRITERS }, (_, i) => write(i)));
    await this.empty(container);
  }

  private async empty(container: string): Promise<void> {
    await this.load.insist('DELETE', `${this.account}/${container}/one`);
    // 409 when another one of the same container writes: it empties it.
    await this.load.insist('DELETE', `${this.account}/${container}`);
  }

  private async containers(): Promise<{ name: string }[]> {
    return (await this.load.insist<{ name: string }[]>('GET', `${this.account}?format=json`)).body;
  }

  private get account(): string {
    return `/object-store/v1/AUTH_${this.api.projectId}`;
  }
}

/** Bytes that come in pieces, as over a slow line. */
function slowly(): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await sleep(PIECE_EVERY_MS);
      controller.enqueue(new Uint8Array(PIECE_BYTES).fill(1 + (sent % 250)));
      if (++sent === PIECES) controller.close();
    },
  });
}
