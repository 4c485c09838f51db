import { createHash, randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { HostApiError, openDisplay } from '#drivers/host-api/client';
import type { RequestContext } from '../kernel/context.js';
import type { Statements } from '../kernel/database.js';
import { badRequest, conflict, notFound, unavailable, type OpenStackError } from '../kernel/errors.js';
import { integer, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import type { HostApis } from './host-apis.js';
import { STATES_WITH_PROCESS } from './vm-states.js';

/** Nova's consoleauth.token_ttl. */
const TOKEN_SECONDS = 600;
/** A host that does not answer by then is away. */
const PATIENCE_MS = 5_000;

const GRANT = rowType({
  server_id: text,
  host: text,
  vm_state: text,
  user_id: text,
  project_id: text,
  audit_id: text,
  user_generation: integer,
  project_generation: integer,
});
/** What a token of a console opens, and for whom. */
export type ConsoleGrant = Row<typeof GRANT>;

/** A server, as far as its console goes. */
interface Shown {
  readonly id: string;
  readonly host: string | null;
  readonly vm_state: string;
  readonly launched_at: Date | null;
}
/** Where a host answers. */
export interface ConsolePlace {
  readonly server_id: string;
  readonly host: string;
  readonly port: number;
}
const ISSUED = rowType({ token_hash: text });

/**
 * Tokens that open a guest's display for ten minutes (nova/objects/console_auth_token.py). The database has their digests alone.
 * One ends with its server, and when its user loses what gave it.
 */
export class ConsoleTokens {
  constructor(
    private readonly sql: Statements,
    private readonly hostApis: HostApis,
    /** Looks whether the request's token still gives its user what it gave. @throws 401 */
    private readonly check: (ref: {
      auditId: string;
      userId: string;
      projectId: string;
      generations: readonly [number, number];
    }) => Promise<void>,
    /** Where the dashboard's page for consoles is. */
    private readonly page: string,
  ) {}

  /**
   * @returns the address of the console's page, with a token
   * @throws 409 unless the guest runs, 400 where its host shows no displays: one that only simulates guests
   *   (nova/virt/fake.py has none either; nova/exception.py: ConsoleTypeUnavailable)
   */
  async issue(ctx: RequestContext, server: Shown): Promise<string> {
    const { id, host, vm_state, launched_at } = server;
    if (host === null || launched_at === null || !STATES_WITH_PROCESS.includes(vm_state))
      throw conflict('InstanceNotReady', `Instance ${id} is not ready`);
    const token = randomUUID();
    const [user, project] = ctx.tokenGenerations;
    const issued = await rowsOf(this.sql, ISSUED)`
      WITH expired AS (DELETE FROM nova.console_auth_tokens WHERE expires_at < now() RETURNING 1)
      INSERT INTO nova.console_auth_tokens
        (token_hash, server_id, host, user_id, project_id, audit_id, user_generation, project_generation, expires_at)
      SELECT ${digestOf(token)}, ${id}, ${host}, ${ctx.userId}, ${ctx.projectId}, ${ctx.auditId}, ${user}::int, ${project}::int,
        now() + make_interval(secs => ${TOKEN_SECONDS})
      WHERE NOT EXISTS (SELECT 1 FROM nova.services WHERE host = ${host} AND facts->>'type' = 'fake')
      RETURNING token_hash`;
    if (issued.length === 0) throw unavailableType(TYPE);
    return `${this.page}?token=${token}`;
  }

  /** @throws 404 for a token that expired, whose server is gone or was moved, or whose user has lost what gave it */
  async find(token: string): Promise<ConsoleGrant> {
    const [grant] = await rowsOf(this.sql, GRANT)`
      SELECT t.server_id, t.host, s.vm_state, t.user_id, t.project_id, t.audit_id, t.user_generation, t.project_generation
      FROM nova.console_auth_tokens t JOIN nova.servers s ON s.id = t.server_id
      WHERE t.token_hash = ${digestOf(token)} AND t.expires_at > now() AND s.deleted_at IS NULL AND s.host = t.host`;
    if (grant === undefined || !(await this.holds(grant))) throw notFound('HTTPNotFound', 'Token not found');
    return grant;
  }

  /** Whether its user may still look: a display that is open is closed when that ends. */
  async holds(grant: ConsoleGrant): Promise<boolean> {
    const { audit_id: auditId, user_id: userId, project_id: projectId, user_generation, project_generation } = grant;
    const ref = { auditId, userId, projectId, generations: [user_generation, project_generation] as const };
    return this.check(ref).then(
      () => true,
      (error: unknown) => {
        if ((error as { status?: number }).status === 401) return false;
        throw error;
      },
    );
  }

  /** Where its host answers, for a proxy. @throws 404 for a host that is away */
  async place({ server_id, host }: ConsoleGrant): Promise<ConsolePlace> {
    const at = (await this.hostApis.find([host])).get(host);
    if (at === undefined) throw notFound('HTTPNotFound', 'Token not found');
    const { hostname, port, protocol } = new URL(at.url);
    return { server_id, host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
  }

  /** The guest's display, by RFB. @throws 409 where it has none now, 503 where its host is away */
  async open({ server_id: serverId, host }: ConsoleGrant): Promise<Duplex> {
    const at = (await this.hostApis.find([host])).get(host);
    const away = unavailable(`Host ${host} does not answer for now; try again.`);
    if (at === undefined) throw away;
    try {
      return await openDisplay(at, { host, serverId }, AbortSignal.timeout(PATIENCE_MS));
    } catch (error) {
      if (error instanceof HostApiError && error.status === 404)
        throw conflict('InstanceNotReady', `Instance ${serverId} is not ready`);
      throw away;
    }
  }
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** The one type of console that there is. */
const TYPE = 'novnc';
const unavailableType = (type: string): OpenStackError => badRequest(`Unavailable console type ${type}.`);

/** The console types of Nova that this cloud does not have are refused as by a Nova that has them switched off. */
export function checkConsoleType(protocol: string, type: string): void {
  if (protocol !== 'vnc') throw unavailableType(type);
  if (type !== TYPE) throw badRequest(`Invalid console type ${type}`);
}
