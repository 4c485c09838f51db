import { Type, type TSchema } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { ownTarget, policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { checkConsoleType } from '#services/nova/index';
import { ownValue } from '../http/own.js';
import { validate } from '../http/validation.js';
import { REMOTE_CONSOLES } from './server-actions.js';

const closed = { additionalProperties: false };
export const REMOTE_CONSOLES_POLICY = 'os_compute_api:os-remote-consoles';

/** What a console's action answers. */
export const ConsoleAnswer = Type.Object(
  { console: Type.Object({ type: Type.String(), url: Type.String({ format: 'uri' }) }, closed) },
  closed,
);
const of = (...types: string[]): TSchema => Type.Object({ type: Type.Enum(types) }, closed);
/** Actions until 2.5, each with its protocol and the types that it takes (nova/api/openstack/compute/schemas/remote_consoles.py). */
const PROTOCOLS: Readonly<Record<string, { readonly protocol: string; readonly schema: TSchema }>> = {
  'os-getVNCConsole': { protocol: 'vnc', schema: of('novnc', 'xvpvnc') },
  'os-getSPICEConsole': { protocol: 'spice', schema: of('spice-html5') },
  'os-getSerialConsole': { protocol: 'serial', schema: of('serial') },
  'os-getRDPConsole': { protocol: 'rdp', schema: of('rdp-html5') },
};
export const CONSOLE_ACTIONS = Object.fromEntries(
  Object.entries(PROTOCOLS).map(([name, { schema }]) => [
    name,
    { policy: REMOTE_CONSOLES_POLICY, schema, until: REMOTE_CONSOLES - 1 } as const,
  ]),
);

/** The address of a server's console. @throws 400 for a type that this cloud does not have, 404, 409 unless the guest runs */
export async function consoleUrl(
  { nova }: Services,
  ctx: RequestContext,
  id: string,
  [protocol, type]: readonly [protocol: string, type: string],
): Promise<string> {
  const server = await nova.servers.get(ctx, id);
  checkConsoleType(protocol, type);
  return nova.consoleTokens.issue(ctx, server);
}

/** The action of a name, where the microversion has it. */
export function consoleAction(name: string, minor: number) {
  const found = ownValue(PROTOCOLS, name);
  if (found === undefined || minor >= REMOTE_CONSOLES) return undefined;
  return async (services: Services, ctx: RequestContext, id: string, input: unknown) => {
    policies.enforce('nova', REMOTE_CONSOLES_POLICY, ctx.credentials, ownTarget(ctx.credentials));
    const { type } = validate(found.schema, input) as { readonly type: string };
    return { type, url: await consoleUrl(services, ctx, id, [found.protocol, type]) };
  };
}
