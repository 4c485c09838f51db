import type { GuestUser } from '../../guest-user.js';
import type { CardCounters, PlugRequest } from '../index.js';
import { CommandError, ip, ipShow } from './commands.js';
import { namespaceOf } from './namespaces.js';
import { tapOf } from './names.js';

/**
 * Makes the tap of a card in the host's own namespace, where QEMU finds it by its name. It is gone from the network's
 * namespace then: a tap that another process has opened cannot be opened again.
 * @param user who may open it
 */
export async function makeTap({ portId, networkId }: PlugRequest, user: GuestUser | undefined): Promise<string> {
  const name = tapOf(portId);
  await removeTap({ portId, networkId });
  await ip('', [`tuntap add dev ${name} mode tap${user ? ` user ${user.uid}` : ''}`]);
  return name;
}

/** Removes a card's tap wherever it is. None is fine. */
export async function removeTap({ portId, networkId }: Pick<PlugRequest, 'portId' | 'networkId'>): Promise<void> {
  const order = [`link delete dev ${tapOf(portId)}`];
  await ip('', order).catch(fineIfMissing);
  await ip(namespaceOf('nvn', networkId), order).catch(fineIfMissing);
}

interface Counted {
  readonly ifname: string;
  readonly stats64?: { readonly rx: Counter; readonly tx: Counter };
}
interface Counter {
  readonly bytes: number;
  readonly packets: number;
}

/** What the cards have carried, asked of each network's namespace once. */
export async function tapCounters(cards: readonly PlugRequest[]): Promise<CardCounters[]> {
  const networks = [...new Set(cards.map(({ networkId }) => networkId))];
  const links = await Promise.all(
    networks.map((id) =>
      ipShow<Counted>(namespaceOf('nvn', id), ['-statistics', 'link', 'show']).catch((error: unknown) => {
        fineIfMissing(error);
        return [];
      }),
    ),
  );
  const byName = new Map(links.flat().map((link) => [link.ifname, link.stats64]));
  return cards.flatMap(({ portId }) => {
    const device = tapOf(portId);
    const counted = byName.get(device);
    // What the host receives from a tap is what the guest sends.
    return counted
      ? [
          {
            portId,
            device,
            incomingBytes: counted.tx.bytes,
            incomingPackets: counted.tx.packets,
            outgoingBytes: counted.rx.bytes,
            outgoingPackets: counted.rx.packets,
          },
        ]
      : [];
  });
}

/** No such link, or no such namespace. */
function fineIfMissing(error: unknown): void {
  const missing =
    error instanceof CommandError && /cannot find device|cannot open network namespace/i.test(error.stderr);
  if (!missing) throw error;
}
