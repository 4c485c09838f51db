import fc from 'fast-check';
import { CONTROLLERS } from '#apps/api/app';
import { Documents } from '#apps/api/openapi/documents';
import { pathTemplate } from '#apps/api/openapi/operation';
import { concurrently } from '#cli/bench/measure';
import { operationsOf, type OpenApi } from '../setup/openapi.js';
import { allRoutes } from '../setup/routes.js';
import { faultsOf } from './judge.js';
import { draftsOf, isLeftOut, requestOf, type Described, type Draft, type Sender } from './requests.js';
import { Values, type Schema } from './schemas.js';
import { send, type WireAnswer, type WireRequest } from './wire.js';
import type { World } from './world.js';

/** What a run saw. */
export interface FuzzReport {
  readonly sent: number;
  /** Answers by status; 0 are connections that ended without one. */
  readonly byStatus: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** What was wrong, once for each route and round, with the least request that showed it. */
  readonly findings: readonly string[];
}

/** At once: enough to find what only happens beside another request, few enough for two cores. */
const LANES = 4;
/** Requests to a route in a row: between them the others make and delete what they are about. */
const IN_A_ROW = 3;
/** A finding is made smaller for as long as this. */
const SHRINK_MS = 10_000;

/** Draws requests to every route of the API from its OpenAPI documents, and sends them as nobody, as a member and as an administrator. */
export async function fuzz(base: URL, world: World, count: number, seed: number): Promise<FuzzReport> {
  const routes = await drawnRoutes(world);
  const byStatus: Record<string, number> = {};
  const findings: string[] = [];
  let slowestMs = 0;
  const ask = async (key: string, sender: Sender, draft: Draft): Promise<void> => {
    const request = requestOf(draft, sender);
    const answer = await send(base, request);
    byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
    slowestMs = Math.max(slowestMs, Math.round(answer.ms));
    if (answer.status < 300) world.learn(sender, request.target, answer.body);
    const faults = faultsOf(request, answer);
    if (faults.length > 0) throw new Error(describe(`${key}: ${faults.join(', ')}`, sender.name, request, answer));
  };
  const rounds = Math.ceil(count / (routes.length * IN_A_ROW));
  await concurrently(rounds * routes.length, LANES, async (index) => {
    const { key, asked } = routes[index % routes.length]!;
    const property = fc.asyncProperty(asked, ({ sender, draft }) => ask(key, sender, draft));
    // A request is its place and the seed, whatever the lanes do.
    const { failed, errorInstance, counterexamplePath } = await fc.check(property, {
      numRuns: IN_A_ROW,
      seed: seed * 1_000_003 + index,
      interruptAfterTimeLimit: SHRINK_MS,
    });
    if (failed) findings.push(`${messageOf(errorInstance)}\n  place ${index}, path ${counterexamplePath ?? 'none'}`);
  });
  const sent = Object.values(byStatus).reduce((a, b) => a + b, 0);
  return { sent, byStatus, slowestMs, findings };
}

interface DrawnRoute {
  readonly key: string;
  readonly asked: fc.Arbitrary<{ readonly sender: Sender; readonly draft: Draft }>;
}

async function drawnRoutes(world: World): Promise<DrawnRoute[]> {
  const document = (await new Documents(CONTROLLERS).whole()) as OpenApi;
  const values = new Values(document.components.schemas);
  const operations = operationsOf(document);
  return allRoutes().flatMap((route): DrawnRoute[] => {
    const key = `${route.method} ${route.path}`;
    const described = describedBy(operations.get(`${route.method} ${pathTemplate(route.path)}`));
    const senders = world.senders.filter(({ name }) => !isLeftOut(key, name));
    if (senders.length === 0) return [];
    const asked = senders.map((sender) => ({
      weight: sender.name === 'nobody' ? 1 : 3,
      arbitrary: draftsOf(route, described, sender, values).map((draft) => ({ sender, draft })),
    }));
    return [{ key, asked: fc.oneof(...asked) }];
  });
}

export interface AsDocumented {
  readonly parameters?: readonly { readonly name?: string; readonly in?: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
}
/** What the document says of a route’s requests. */
export function describedBy(operation: AsDocumented | undefined): Described {
  const [content] = Object.values(operation?.requestBody?.content ?? {});
  const query = (operation?.parameters ?? []).flatMap(({ name, in: place, schema = {} }) =>
    place === 'query' && name !== undefined ? [{ name, schema }] : [],
  );
  return { body: content?.schema, query };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const cutTo = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

/** Enough to send it again by hand. */
function describe(kind: string, who: string, request: WireRequest, answer: WireAnswer): string {
  const headers = request.headers.filter((h) => !h.startsWith('x-auth-token') || h.length < 40).join(' | ');
  return [
    `${kind} (as ${who})`,
    `  ${request.method} ${cutTo(request.target, 200)}${request.cut ? ' (cut off)' : ''}`,
    `  ${cutTo(headers, 300)}`,
    `  ${cutTo(request.body.toString(), 400)}`,
    `  → ${answer.status} in ${Math.round(answer.ms)} ms: ${cutTo(answer.body, 300)}`,
  ].join('\n');
}
