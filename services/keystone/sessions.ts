import { unauthorized } from '../kernel/errors.js';
import type { Choice, OwnScopes } from './assignments/own-scopes.js';
import type { Proof } from './methods/proof.js';
import type { Receipt } from './tokens/receipts.js';
import type { TokenInfo } from './tokens/token.js';
import type { Issued, Tokens } from './tokens/tokens.js';

/** A token for a project, and the projects that its user can change to. */
export interface Session extends Issued {
  readonly projects: readonly Choice[];
}

/**
 * Log-ins of people at the dashboard. They name a project, or get the first one that they can use: a page is of no use to
 * somebody whose token opens nothing. Everything else is as at Keystone's own log-in, by which each session begins.
 */
export class Sessions {
  constructor(
    private readonly tokens: Tokens,
    private readonly scopes: Pick<OwnScopes<unknown, unknown>, 'choice'>,
  ) {}

  /**
   * Begins one.
   * @param wanted the id or the name of a project; the user's default project when left out, else the first by name
   * @param receipt what an earlier request has proven
   * @returns a session without a project for a user who has none; a receipt where the user's own rules ask for more
   * @throws 401 as Keystone's log-in, also for a project in which the user has no role
   */
  async begin(proofs: readonly Proof[], wanted?: string, receipt?: string): Promise<Session | Receipt> {
    const first = await this.tokens.authenticate(proofs, wanted === undefined ? undefined : 'unscoped', receipt);
    if ('receipt' in first) return first;
    const projects = await this.projectsOf(first.info);
    if (first.info.project !== undefined) return { ...first, projects };
    const project = wanted === undefined ? projects[0] : chosen(projects, wanted, first.info);
    if (project !== undefined) return this.scoped(first.token, project, projects);
    if (wanted !== undefined) throw unauthorized();
    return { ...first, projects };
  }

  /** Goes on in another project, by a token made from the session's. @param wanted its id or name @throws as `begin` */
  async change(token: string, info: TokenInfo, wanted: string): Promise<Session | Receipt> {
    const projects = await this.projectsOf(info);
    const project = chosen(projects, wanted, info);
    if (project === undefined) throw unauthorized();
    return this.scoped(token, project, projects);
  }

  /** The projects that a token's user can use. */
  projectsOf({ user, federated }: TokenInfo): Promise<Choice[]> {
    return this.scopes.choice({ user: user.id, groups: federated?.groups ?? [] });
  }

  private async scoped(token: string, { id }: Choice, projects: readonly Choice[]): Promise<Session | Receipt> {
    const issued = await this.tokens.authenticate([{ method: 'token', token }], { project: { id } });
    return 'receipt' in issued ? issued : { ...issued, projects };
  }
}

/** A name that projects of several domains have means that of the user's own. */
const chosen = (projects: readonly Choice[], wanted: string, { user }: TokenInfo): Choice | undefined =>
  projects.find(({ id }) => id === wanted) ??
  projects.find(({ name, domain_id }) => name === wanted && domain_id === user.domain.id) ??
  projects.find(({ name }) => name === wanted);
