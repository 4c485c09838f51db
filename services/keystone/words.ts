import { randomUUID } from 'node:crypto';
import type { Config } from '#config';
import type { Queries } from '../kernel/database.js';
import type { RequestContext } from '../kernel/context.js';
import { OpenStackError, badRequest, notFound } from '../kernel/errors.js';
import {
  resourcesOf,
  type At,
  type Columns,
  type ServiceParts,
  type ServiceWords,
  type Where,
} from '../kernel/resource/spec.js';
import { notAllowed } from '../kernel/policy/index.js';
import type { CredentialStore } from './credentials-store.js';

/** Keystone ids are 32 hexadecimal digits. */
export const newId = (): string => randomUUID().replaceAll('-', '');

/** What Keystone calls in its errors what a body calls otherwise. */
const CALLED: Readonly<Record<string, string>> = {
  identity_provider: 'Identity Provider:',
  service_provider: 'Service Provider:',
  application_credential: 'Application Credential:',
  access_rule: 'Access Rule:',
  endpoint_group: 'Endpoint Group:',
  registered_limit: 'registered limit for',
  limit: 'limit for',
};
/** What is not there, in Keystone's words (keystone/exception.py: NotFound). */
export const missing = (kind: string, id: string): OpenStackError =>
  notFound('NotFound', `Could not find ${CALLED[kind] ?? `${kind}:`} ${id}.`);
/** The same of a protocol (keystone/exception.py: FederatedProtocolNotFound). */
export const missingProtocol = (provider: string, id: string): OpenStackError =>
  notFound('NotFound', `Could not find federated protocol ${id} for Identity Provider: ${provider}.`);

/** What a request gives is not there, or not what it has to be (keystone/exception.py: ValidationError). */
export const expecting = (attribute: string, of: string): OpenStackError =>
  badRequest(
    `Expecting to find ${attribute} in ${of}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
  );

/** What is not built yet (keystone/exception.py: NotImplemented). @param what a sentence that says what is missing */
export const notImplemented = (what: string): OpenStackError =>
  new OpenStackError(501, 'NotImplemented', `The action you have requested has not been implemented. ${what}`, {
    verdict: 'abort',
  });

/** What rules call the attributes of a thing that a request is about: `target.project.domain_id`. */
export const target = (kind: string, of: object): Columns =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [`target.${kind}.${name}`, value as unknown]));

/** What who asks with a token for a domain sees in lists of what domains have: its own, also as an administrator. */
export const ofOwnDomain = ({ credentials: { domain_id } }: RequestContext): Where => (domain_id ? { domain_id } : {});

/** How Keystone's resources speak (keystone/exception.py, keystone/common/rbac_enforcer/enforcer.py). */
export const words: ServiceWords = {
  service: 'keystone',
  adminRule: 'admin_required',
  // keystone/notifications.py: the id and no attribute, and of a trust the name of its extension.
  tells: {
    publisher: 'identity',
    events: (deed, one) => [`identity.${one === 'trust' ? 'OS-TRUST:trust' : one}.${deed}d`],
    payload: (_one, id) => ({ resource_info: id }),
  },
  ruleOf: (action, [one, many]) => `identity:${action}_${action === 'list' ? many : one}`,
  own({ credentials: { user_id, user_domain_id, project_id, project_domain_id, domain_id } }) {
    const of = { domain_id: domain_id ?? project_domain_id };
    return {
      ...target('credential', { user_id }),
      ...target('trust', { trustor_user_id: user_id, trustee_user_id: user_id }),
      ...target('user', { id: user_id, domain_id: domain_id ?? user_domain_id }),
      ...target('project', { id: project_id, ...of }),
      ...target('domain', { id: of.domain_id }),
      ...target('group', of),
      // A role that a domain's manager may look at and give: which one it is, is known when it is found.
      ...target('role', { ...of, name: 'member' }),
      // What a list of one domain is asked about (`GET /projects`): only a token for a domain has one.
      ...(domain_id === null ? {} : { 'target.domain_id': domain_id }),
      ...target('limit', { project_id, 'project.domain_id': domain_id, 'domain.id': domain_id }),
    };
  },
  unscoped: true,
  refusesFirst: true,
  notFound: ([one], id, below) => (one === 'protocol' ? missingProtocol(below ?? '', id) : missing(one, id)),
  noMarker: (marker) => notFound('MarkerNotFound', `Marker ${marker} could not be found.`),
  refused: ([asked]) => notAllowed('keystone', asked?.rule ?? ''),
  tagRule: (tags, [one]) =>
    ({
      // No route of Keystone adds several at once.
      create: undefined,
      list: `identity:list_${one}_tags`,
      replace: `identity:update_${one}_tags`,
      clear: `identity:delete_${one}_tags`,
      check: `identity:get_${one}_tag`,
      add: `identity:create_${one}_tag`,
      remove: `identity:delete_${one}_tag`,
    })[tags],
};

/** Where it is said that something has changed which the validation of a token sees. */
export const TOKEN_CHANNEL = 'keystone_tokens';

/** Says, when the transaction commits, that what tokens open has changed: each process forgets what it knows of them. */
export async function tellOfTokens(tx: Queries): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${TOKEN_CHANNEL}, '')`;
}

/** What Keystone's resources stand on. */
export interface KeystoneParts extends ServiceParts {
  readonly config: Config;
  /** Seals what credentials say. */
  readonly store: CredentialStore;
  /** Forgets in this process what is known of tokens, so that who made a change sees it at once. */
  readonly forgetTokens: () => void;
}

/** The hooks of a resource on which it depends what a token opens. */
export const seenByTokens = {
  changing: ({ tx }: At<KeystoneParts>) => tellOfTokens(tx),
  changed: ({ forgetTokens }: KeystoneParts) => forgetTokens(),
};

/** Describes a resource of Keystone. */
export const resource = resourcesOf<KeystoneParts>(words);
