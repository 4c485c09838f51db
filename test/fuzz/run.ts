import { concurrently } from '#cli/bench/measure';
import { allRoutes } from '../setup/routes.js';
import { Chance } from './chance.js';
import { faultsOf } from './judge.js';
import { badRequestTo, isLeftOut } from './requests.js';
import { send, type WireAnswer, type WireRequest } from './wire.js';
import type { World } from './world.js';

/** What a run saw. */
export interface FuzzReport {
  readonly sent: number;
  /** Answers by status; 0 are connections that ended without one. */
  readonly byStatus: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** What was wrong, once for each kind of fault at a route, with the request that showed it. */
  readonly findings: readonly string[];
}

/** At once: enough to find what only happens beside another request, few enough for two cores. */
const LANES = 4;

/** Sends bad requests to every route of the API, as nobody, as a member and as an administrator. */
export async function fuzz(base: URL, world: World, count: number, seed: number): Promise<FuzzReport> {
  const routes = allRoutes();
  const byStatus: Record<string, number> = {};
  const findings = new Map<string, string>();
  let slowestMs = 0;
  await concurrently(count, LANES, async (index) => {
    // A request is its index and the seed, whatever the lanes do.
    const chance = new Chance(seed * 1_000_003 + index);
    const route = routes[index % routes.length]!;
    const sender = world.senders[chance.oneIn(6) ? 0 : 1 + chance.below(2)]!;
    const key = `${route.method} ${route.path}`;
    if (isLeftOut(key, sender.name)) return;
    const request = badRequestTo(route, sender, chance);
    const answer = await send(base, request);
    byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
    slowestMs = Math.max(slowestMs, Math.round(answer.ms));
    if (answer.status < 300) world.learn(sender, request.target, answer.body);
    for (const fault of faultsOf(request, answer)) {
      const kind = `${key}: ${fault.replace(/\d+ (ms|KiB)/, 'N $1')}`;
      if (!findings.has(kind)) findings.set(kind, describe(kind, index, sender.name, request, answer));
    }
  });
  return {
    sent: Object.values(byStatus).reduce((a, b) => a + b, 0),
    byStatus,
    slowestMs,
    findings: [...findings.values()],
  };
}

const cutTo = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

/** Enough to send it again by hand. */
function describe(kind: string, index: number, who: string, request: WireRequest, answer: WireAnswer): string {
  const headers = request.headers.filter((h) => !h.startsWith('x-auth-token') || h.length < 40).join(' | ');
  return [
    `${kind} (request ${index}, as ${who})`,
    `  ${request.method} ${cutTo(request.target, 200)}${request.cut ? ' (cut off)' : ''}`,
    `  ${cutTo(headers, 300)}`,
    `  ${cutTo(request.body.toString(), 400)}`,
    `  → ${answer.status} in ${Math.round(answer.ms)} ms: ${cutTo(answer.body, 300)}`,
  ].join('\n');
}
