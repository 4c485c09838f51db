import type { Queries } from '../../kernel/database.js';
import { unauthorized } from '../../kernel/errors.js';
import { findUser } from '../methods/find-user.js';
import type { Proven } from '../methods/proof.js';
import type { Receipt } from '../tokens/receipts.js';
import type { Issued, Tokens } from '../tokens/tokens.js';
import { missing, tellOfTokens, type KeystoneParts } from '../words.js';
import { verifyAccessToken } from './access-token.js';
import { assertionOf } from './claims.js';
import { mapIdentity, type Assertion, type Mapped } from './mapping.js';
import { giveProjects } from './projects.js';
import { ProviderKeys } from './provider-keys.js';
import { findProvider } from './provider.js';
import { checkRules, type DomainOf, type Rule } from './rules.js';
import { shadowUser } from './shadow.js';

/** The token carries their ids, 22 letters each, and has to fit into a header beside others: HTTP servers take some 8 KiB of each. */
const MOST_GROUPS = 200;

/** A NUL and half a surrogate pair, as JSON writes them: PostgreSQL stores neither, and no honest claim has one. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;

type Provider = Awaited<ReturnType<typeof findProvider>>;

/** Logs users in whom other identity providers know (keystone/auth/plugins/mapped.py). */
export class FederatedLogIn {
  private readonly keys: ProviderKeys;

  constructor(
    private readonly parts: KeystoneParts,
    private readonly tokens: Tokens,
  ) {
    this.keys = new ProviderKeys(parts.config.cloud.mode === 'development');
  }

  /**
   * Issues a token to whom an access token of OpenID Connect shows: an unscoped one, which opens what the provider's groups may,
   * or for a user who is here anyway the same as by his password. A user's own rules may ask for more than a provider's word.
   * @returns a receipt where they do
   * @param bearer undefined when the client sent none
   * @throws 404 without the provider or the protocol, 403 while the provider is disabled, 401 for a token that does not hold or that
   * the mapping does not know what to make of, 503 while the provider's keys cannot be had
   */
  async authenticate(idpId: string, protocolId: string, bearer: string | undefined): Promise<Issued | Receipt> {
    const by = await findProvider(this.parts.db, idpId, protocolId);
    if (bearer === undefined) throw unauthorized();
    const claims = await verifyAccessToken(
      bearer,
      { issuers: by.provider.remote_ids, audiences: this.audiences },
      this.keys,
    );
    if (UNSTORABLE.test(JSON.stringify(claims))) throw unauthorized();
    const assertion = assertionOf(claims);
    checkRemoteId(by, assertion);
    const rules = by.protocol.mapping.rules as unknown as readonly Rule[];
    const version = by.protocol.mapping.schema_version;
    checkRules(rules, version);
    const mapped = mapIdentity(rules, version, assertion);
    const methods = [protocolId === 'openid' ? 'openid' : 'mapped'];
    if (mapped.user.type === 'local')
      return this.tokens.issueIfEnough(await this.localUser(mapped, methods), undefined);
    const proven = await this.ephemeralUser(by, mapped, methods);
    return this.tokens.issueIfEnough(proven, 'unscoped');
  }

  private get audiences(): string[] {
    const { config } = this.parts;
    const named = config.federation.oidc_audience.split(',').map((one) => one.trim());
    const given = named.filter((one) => one !== '');
    return given.length > 0 ? given : [`${config.publicUrl}/identity/v3`];
  }

  /** A user whom the mapping names and who is here anyway. */
  private async localUser({ user }: Mapped, methods: readonly string[]): Promise<Proven> {
    const found = await findUser(this.parts.db, { id: user.id, name: user.name, domain: user.domain });
    if (!found?.enabled) throw unauthorized();
    return {
      userId: found.id,
      generation: found.token_generation,
      methods,
      chain: [],
      expiresAt: Infinity,
      defaultProjectId: found.default_project_id,
    };
  }

  /** A user whom the provider alone knows; all that is made for him is made, or nothing. */
  private async ephemeralUser(by: Provider, mapped: Mapped, methods: readonly string[]): Promise<Proven> {
    const { provider, protocol } = by;
    const name = mapped.user.name ?? mapped.user.id;
    if (name === undefined)
      throw unauthorized(
        'Could not map user while setting ephemeral user identity. Mapping rules must specify user id/name.',
      );
    const minutes = provider.authorization_ttl ?? this.parts.config.federation.default_authorization_ttl;
    const made = await this.parts.db.$transaction(async (tx) => {
      const domainOf = (domain: DomainOf | undefined) => domainId(tx, domain, provider.domain_id);
      const groups = await groupsOf(tx, mapped, protocol.mapping_id);
      const own = await domainOf(mapped.user.domain);
      const user = await shadowUser(tx, {
        idp: provider.id,
        protocol: protocol.id,
        uniqueId: encodeURIComponent(mapped.user.id ?? name),
        name,
        email: mapped.user.email,
        domainId: own,
        groups,
        minutes,
      });
      const projects = [];
      for (const { domain, ...project } of mapped.projects)
        projects.push({ ...project, domainId: await domainOf(domain) });
      await giveProjects(tx, { id: user.id, domainId: own, idp: provider.id }, projects);
      await tellOfTokens(tx);
      return { ...user, groups };
    });
    this.parts.forgetTokens();
    return {
      userId: made.id,
      generation: made.generation,
      methods,
      chain: [],
      expiresAt: Infinity,
      defaultProjectId: null,
      federated: { provider: provider.id, protocol: protocol.id, groups: made.groups },
    };
  }
}

/**
 * Where a protocol names the attribute that says who the provider is, that must be one of its ids (keystone/federation/utils.py:
 * validate_idp). The issuer is one of them in any case.
 * @throws 401
 */
function checkRemoteId({ provider, protocol }: Provider, assertion: Assertion): void {
  const { remote_id_attribute: attribute } = protocol;
  if (!attribute) return;
  const values = Object.hasOwn(assertion, attribute) ? assertion[attribute]! : [];
  if (values.length === 0) throw unauthorized('Could not find Identity Provider identifier in environment');
  if (values.some((value) => !provider.remote_ids.includes(value)))
    throw unauthorized('Incoming identity provider identifier not included among the accepted identifiers.');
}

/** The domain that a rule names, else the provider's. @throws 404 */
async function domainId(tx: Queries, domain: DomainOf | undefined, fallback: string): Promise<string> {
  if (domain === undefined) return fallback;
  const where = domain.id === undefined ? { name: domain.name ?? '' } : { id: domain.id };
  const found = await tx.project.findFirst({ where: { ...where, is_domain: true }, select: { id: true } });
  if (found === null) throw missing('domain', domain.id ?? domain.name ?? '');
  return found.id;
}

/** The ids of the groups that are named. Those that are named by an id must be there; a name that no group has says nothing. */
async function groupsOf(tx: Queries, { groupIds, groupNames }: Mapped, mapping: string): Promise<string[]> {
  const found = await tx.group.findMany({
    where: {
      OR: [
        { id: { in: [...groupIds] } },
        ...groupNames.map(({ name, domain }) => ({
          name,
          domain: { is_domain: true, ...(domain.id === undefined ? { name: domain.name ?? '' } : { id: domain.id }) },
        })),
      ],
    },
    select: { id: true },
    take: MOST_GROUPS + 1,
  });
  const ids = found.map(({ id }) => id);
  if (ids.length > MOST_GROUPS) throw unauthorized(`The mapping gives more than ${MOST_GROUPS} groups.`);
  const gone = groupIds.find((id) => !ids.includes(id));
  if (gone !== undefined)
    throw unauthorized(`Group ${gone} returned by mapping ${mapping} was not found in the backend.`);
  return ids;
}
