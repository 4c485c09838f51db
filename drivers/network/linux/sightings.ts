import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PlugRequest } from '../index.js';
import type { Sighting } from '../state.js';
import type { AnswerMetadata } from './metadata.js';

/** In a network's folder: a file for each address that was leased, called as the address and as old as its first lease. */
export const LEASES = 'leases';

/**
 * What dnsmasq runs at each lease, with the action, the card's address and the address that it gave. It is also run once when
 * dnsmasq starts, with `init`, for the leases of before, of which there are none.
 * @param folder the network's own
 */
export const leaseScript = (folder: string): string =>
  [
    '#!/bin/sh',
    `file="${folder}/${LEASES}/$3"`,
    '[ "$1" = add ] || [ "$1" = old ] || exit 0',
    '[ -e "$file" ] || : > "$file"',
    '',
  ].join('\n');

/**
 * What this host sees of its guests' cards: that a card has joined its network, that its guest has leased an address, and that
 * it has asked for metadata. Each is told once for each process of a guest; what an earlier process of the role saw is known to
 * the control plane.
 */
export class Sightings {
  private readonly plugged = new Map<string, Sighting>();
  private readonly leased = new Map<string, Sighting>();
  private readonly asked = new Map<string, Sighting>();

  /**
   * @param folder where the networks' folders are
   * @param changed told of each new one, but for leases, which are found by looking
   */
  constructor(
    private readonly folder: string,
    private readonly changed: () => void,
  ) {}

  /** A new process of the guest begins: what its card did before is of another one. To be called before the card is joined. */
  async begin({ portId, networkId, ips }: PlugRequest): Promise<void> {
    this.plugged.delete(portId);
    for (const ip of ips) {
      this.asked.delete(`${networkId} ${ip}`);
      this.leased.delete(this.fileOf(networkId, ip));
      await rm(this.fileOf(networkId, ip), { force: true });
    }
  }

  /** A card has joined its network. */
  join({ portId, networkId }: PlugRequest): void {
    this.plugged.set(portId, { event: 'plugged', networkId, key: portId, at: Date.now() });
    this.changed();
  }

  /** Answers guests as before, and sees who asks for the first time. */
  watching(answer: AnswerMetadata): AnswerMetadata {
    return (asker, asked) => {
      const { networkId, ip } = asker;
      const key = `${networkId} ${ip}`;
      if (!this.asked.has(key)) {
        this.asked.set(key, { event: 'asked', networkId, key: ip, at: Date.now() });
        this.changed();
      }
      return answer(asker, asked);
    };
  }

  /** All that was seen on the networks that are here. What was seen on others is forgotten. */
  async on(networks: readonly { readonly id: string }[]): Promise<readonly Sighting[]> {
    const here = new Set(networks.map(({ id }) => id));
    for (const known of [this.plugged, this.leased, this.asked])
      for (const [key, { networkId }] of known) if (!here.has(networkId)) known.delete(key);
    await Promise.all([...here].map((id) => this.findLeases(id)));
    return [...this.plugged.values(), ...this.leased.values(), ...this.asked.values()];
  }

  private async findLeases(networkId: string): Promise<void> {
    const ips = await readdir(path.join(this.folder, networkId, LEASES)).catch(() => []);
    await Promise.all(
      ips.map(async (ip) => {
        const file = this.fileOf(networkId, ip);
        if (this.leased.has(file)) return;
        const found = await stat(file).catch(() => undefined);
        if (found) this.leased.set(file, { event: 'leased', networkId, key: ip, at: Math.round(found.mtimeMs) });
      }),
    );
  }

  private fileOf(networkId: string, ip: string): string {
    return path.join(this.folder, networkId, LEASES, ip);
  }
}
