import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isId } from '../../names.js';
import type { CardRecords } from '../cards.js';
import type { NetworkPart } from '../index.js';
import { CommandError, ipShow, run } from './commands.js';
import { isTap, isVxlan, tapOf, vxlanOf } from './names.js';
import { namespaceExists, namespaceOf, type Namespaces } from './namespaces.js';
import { tableOf, uplinkLinkOf } from './outside-uplink.js';

/**
 * All that there is of one cloud's networks on this machine, by what the machine itself shows and not by what was made: so
 * what a crash has left is among it. What a plugged card has is left out.
 * @param running the folder of the machine's running programs
 */
export async function networkParts(
  namespaces: Namespaces,
  running: string,
  cards: CardRecords,
): Promise<NetworkPart[]> {
  const [networks, routers, outsides, plugged] = await Promise.all([
    namespaces.list('nvn'),
    namespaces.list('nvr'),
    namespaces.list('nvo'),
    cards.list(),
  ]);
  const taps = new Set(plugged.map(({ portId }) => tapOf(portId)));
  const named = (
    [
      ['nvn', networks],
      ['nvr', routers],
      ['nvo', outsides],
    ] as const
  ).flatMap(([kind, ids]) => ids.map((owner) => ({ id: namespaceOf(kind, owner), owner })));
  const found: NetworkPart[] = [];
  for (const each of named)
    found.push({ kind: (await namespaceExists(each.id)) ? 'namespace' : 'network file', ...each });
  for (const owner of networks) {
    const namespace = namespaceOf('nvn', owner);
    // It may be made, or go, at this moment.
    const links = await ipShow<{ readonly ifname: string }>(namespace, ['link', 'show']).catch(none);
    for (const { ifname: id } of links)
      if (isVxlan(id)) found.push({ kind: 'tunnel', id, owner });
      else if (isTap(id) && !taps.has(id)) found.push({ kind: 'tap', id, owner: '' });
    // Its maker was killed before it was moved.
    if (await isHere(vxlanOf(owner))) found.push({ kind: 'tunnel', id: vxlanOf(owner), owner });
  }
  return [...found, ...(await dnsmasqs(running)), ...(await tables(outsides))];
}

/** Processes and folders of dnsmasq, by their network or router: a process may have lost its folder, and a folder its process. */
async function dnsmasqs(running: string): Promise<NetworkPart[]> {
  const kinds = await readdir(running).catch(() => []);
  const folders = await Promise.all(kinds.map((kind) => readdir(path.join(running, kind)).catch(() => [])));
  const served = new Set(folders.flat().filter(isId));
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const file = line.split('\0').find((arg) => arg.startsWith(`--pid-file=${running}/`));
    const owner = path.basename(path.dirname(file ?? ''));
    if (isId(owner)) served.add(owner);
  }
  return [...served].map((owner) => ({ kind: 'dnsmasq', id: owner, owner }));
}

/** The packet filter's tables in the machine's own namespace that keep what is outside from it. */
async function tables(outsides: readonly string[]): Promise<NetworkPart[]> {
  if (outsides.length === 0) return [];
  const listed = await run('nft', ['list', 'tables', 'inet']).catch(() => '');
  const there = new Set(listed.split('\n').map((line) => line.trim().split(' ').at(-1)));
  return outsides
    .map((owner) => ({ kind: 'packet filter' as const, id: tableOf(uplinkLinkOf(owner)), owner }))
    .filter(({ id }) => there.has(id));
}

const isHere = (name: string): Promise<boolean> =>
  stat(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );

function none(error: unknown): [] {
  if (error instanceof CommandError) return [];
  throw error;
}
