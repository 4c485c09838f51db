import { setTimeout as sleep } from 'node:timers/promises';
import logUpdate from 'log-update';
import { CliError, type Api } from './api.js';
import type { CloudOptions } from './cloud.js';
import { findTiny, tinyServer } from './tiny-server.js';

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
/** A tiny guest under emulation is up in seconds. */
const CONSOLE_MS = 30_000;

/** Boots the cloud's first server and draws its steps as they happen; none when there is a server already. */
export async function bootFirstServer(demo: Api, phase: CloudOptions['phase']): Promise<void> {
  const { servers } = await demo.call<{ servers: { id: string }[] }>('GET', '/compute/v2.1/servers?limit=1');
  if (servers.length > 0) return;
  await phase('first server', () => boot(demo));
}

async function boot(demo: Api): Promise<void> {
  const body = tinyServer(await findTiny(demo), 'image', { name: NAME });
  const began = Date.now();
  const { server } = await demo.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body);
  console.log(`\nBooting the first server, ${NAME} (${server.id})`);
  const done = await watch(demo, server.id);
  if (done.status !== 'ACTIVE')
    throw new CliError(`The first server is in ${done.status}: ${done.fault?.message ?? 'no fault'}`);
  const address = Object.values(done.addresses).flat()[0]?.addr ?? 'no address';
  console.log(`  ACTIVE after ${((Date.now() - began) / 1000).toFixed(1)} s, ${address}`);
  await showConsole(demo, server.id);
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

async function showConsole(demo: Api, id: string): Promise<void> {
  for (const end = Date.now() + CONSOLE_MS; Date.now() < end; await sleep(POLL_MS)) {
    const { status, body } = await demo.request<{ output?: string }>('POST', `/compute/v2.1/servers/${id}/action`, {
      'os-getConsoleOutput': { length: 10 },
    });
    if (status !== 200 || !body.output?.includes('guest up')) continue;
    const text = body.output.trim().split('\n').slice(-3);
    console.log(`  its console says:\n${text.map((t) => `    | ${t.trim()}`).join('\n')}`);
    return;
  }
  throw new CliError('The first server is ACTIVE, but its console does not say that the guest is up.');
}
