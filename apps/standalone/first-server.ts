import { setTimeout as sleep } from 'node:timers/promises';
import logUpdate from 'log-update';
import { CliError, type Api } from './api.js';
import type { CloudOptions } from './cloud.js';
import { NET_IMAGE } from './net-image/index.js';
import { askFromOutside, giveFloatingIp, letRequestsIn } from './outside-guest.js';
import { findActive } from './seed.js';
import { findTiny, tinyServer, type Tiny } from './tiny-server.js';

interface Event {
  readonly event: string;
  readonly start_time: string;
  readonly finish_time: string | null;
  readonly result: string | null;
  readonly details: string | null;
}
interface Server {
  readonly id: string;
  readonly status: string;
  readonly fault?: { message: string };
  readonly addresses: Record<string, { addr: string }[]>;
}

const NAME = 'first';
/** Fast enough to see each step come, slow enough not to be the cloud's main work. */
const POLL_MS = 120;
/** m1.micro. */
const MICRO_ID = '84';
/** What a guest says of itself and of its network; the kernel's own lines are left out. */
const GUEST_LINE = /^novaflow/;
/** A guest under emulation is up in seconds. */
const CONSOLE_MS = 30_000;

/**
 * Boots the cloud's first server and draws its steps as they happen; none when there is a server already.
 * @param network the driver of this machine's networks
 */
export async function bootFirstServer(
  demo: Api,
  phase: CloudOptions['phase'],
  network: 'linux' | 'user' | 'fake',
): Promise<void> {
  const { servers } = await demo.call<{ servers: { id: string }[] }>('GET', '/compute/v2.1/servers?limit=1');
  if (servers.length > 0) return;
  await phase('first server', () => boot(demo, network));
}

async function boot(demo: Api, network: 'linux' | 'user' | 'fake'): Promise<void> {
  // A guest that uses its network would wait seconds for a lease where no packet is carried.
  const guest = network === 'fake' ? await findTiny(demo) : await findGuest(demo);
  // QEMU's own network has no metadata service.
  const body = tinyServer(guest, 'image', { name: NAME, config_drive: network === 'user' });
  const began = Date.now();
  const { server } = await demo.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body);
  console.log(`\nBooting the first server, ${NAME} (${server.id})`);
  const done = await watch(demo, server.id);
  if (done.status !== 'ACTIVE')
    throw new CliError(`The first server is in ${done.status}: ${done.fault?.message ?? 'no fault'}`);
  const address = Object.values(done.addresses).flat()[0]?.addr ?? 'no address';
  console.log(`  ACTIVE after ${((Date.now() - began) / 1000).toFixed(1)} s, ${address}`);
  const reached = network === 'linux' && guest.flavorRef === MICRO_ID;
  const [floating] = reached ? await Promise.all([giveFloatingIp(demo, server.id), letRequestsIn(demo)]) : [];
  await showConsole(demo, server.id);
  if (floating === undefined) return;
  const answer = await askFromOutside(demo, floating);
  console.log(`  from outside, by its floating IP: npm run outside -- curl http://${floating}/`);
  console.log(indented(answer.trimEnd().split('\n')));
}

/** The image that shows most: the one that uses its network, where it could be made. It takes m1.micro. */
async function findGuest(demo: Api): Promise<Tiny> {
  const [tiny, net] = await Promise.all([findTiny(demo), findActive(demo, NET_IMAGE)]);
  return net === undefined ? tiny : { ...tiny, imageRef: net, flavorRef: MICRO_ID };
}

async function watch(demo: Api, id: string): Promise<Server> {
  const draw = process.stdout.isTTY ? logUpdate : once();
  for (;;) {
    const { instanceActions } = await demo.call<{ instanceActions: { request_id: string; action: string }[] }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions`,
    );
    const create = instanceActions.find((a) => a.action === 'create');
    const { server } = await demo.call<{ server: Server }>('GET', `/compute/v2.1/servers/${id}`);
    const { instanceAction } = await demo.call<{ instanceAction: { events: Event[] } }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions/${create?.request_id ?? ''}`,
    );
    draw(instanceAction.events.map(line).join('\n'));
    if (server.status !== 'BUILD') {
      logUpdate.done();
      return server;
    }
    await sleep(POLL_MS);
  }
}

function line({ event, start_time, finish_time, result, details }: Event): string {
  const mark = finish_time === null ? '…' : result === 'Error' ? '✘' : '✔';
  const took = finish_time === null ? '' : ` ${Date.parse(`${finish_time}Z`) - Date.parse(`${start_time}Z`)} ms`;
  return `  ${mark} ${event.padEnd(16)}${took.padStart(9)}${details === null ? '' : `  ${details}`}`;
}

/** Without a terminal, each line is printed once, when its step has ended. */
function once(): (text: string) => void {
  const seen = new Set<string>();
  return (text) => {
    for (const one of text.split('\n')) {
      if (one === '' || one.startsWith('  …') || seen.has(one)) continue;
      seen.add(one);
      console.log(one);
    }
  };
}

const indented = (lines: readonly string[]): string => lines.map((text) => `    | ${text}`).join('\n');

async function showConsole(demo: Api, id: string): Promise<void> {
  for (const end = Date.now() + CONSOLE_MS; Date.now() < end; await sleep(POLL_MS)) {
    const { status, body } = await demo.request<{ output?: string }>('POST', `/compute/v2.1/servers/${id}/action`, {
      'os-getConsoleOutput': { length: 40 },
    });
    if (status !== 200 || !body.output?.includes('guest up')) continue;
    const lines = body.output.split('\n').map((text) => text.trim());
    const said = lines.filter((text) => GUEST_LINE.test(text) || text.startsWith('server '));
    console.log(`  its console says:\n${indented(said)}`);
    return;
  }
  throw new CliError('The first server is ACTIVE, but its console does not say that the guest is up.');
}
