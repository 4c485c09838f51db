import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { bool, int, json, text } from '../../kernel/resource/fields.js';
import { forgetUsers } from '../federation/provider.js';
import { lockDomain } from '../tree.js';
import { newId, resource, seenByTokens } from '../words.js';
import { checkOwnId, ownId } from './named.js';
import { LONGEST_TEXT, both, idString } from './standard.js';

/**
 * What a provider calls itself: the issuer of its tokens. Keystone's schema ends at 64 letters and its column at 255; issuers of
 * common providers are longer than 64.
 */
const RemoteIds = Type.Union([
  Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { uniqueItems: true, maxItems: 100 }),
  Type.Null(),
]);

/** Somebody else who says who a user is (keystone/federation/schema.py, keystone/federation/core.py). */
export const identityProvider = resource({
  names: ['identity_provider', 'identity_providers'],
  path: 'OS-FEDERATION/identity_providers',
  record: 'identityProvider',
  table: 'keystone.identity_providers',
  madeBy: ['PUT'],
  closed: true,
  changesSomething: true,
  links: { protocols: (self) => `${self}/protocols` },
  fields: {
    id: ownId,
    enabled: bool({ default: false, ...both, filter: true, sort: true }),
    description: text({ max: LONGEST_TEXT, nullable: true, ...both }),
    domain_id: text({ ...idString, nullable: true, write: ['post'] }),
    authorization_ttl: int({ min: 0, max: 2 ** 31 - 1, nullable: true, ...both }),
    remote_ids: json<readonly string[] | null, typeof both & { readonly default: [] }>(RemoteIds, {
      ...both,
      default: [],
    }),
  },
  plan(_at, { remote_ids }, data) {
    checkOwnId(data);
    return { remote_ids: remote_ids ?? [] };
  },
  async beforeCreate({ tx }, { id, remote_ids }, { domain_id }) {
    await checkRemoteIds(tx, String(id), remote_ids as string[]);
    if (!domain_id) return { domain_id: await makeDomain(tx, String(id)) };
    await lockDomain(tx, domain_id);
    return {};
  },
  async beforeUpdate({ tx }, { id }, { remote_ids }) {
    if (remote_ids === undefined) return {};
    await checkRemoteIds(tx, id, remote_ids ?? []);
    return { remote_ids: remote_ids ?? [] };
  },
  beforeDelete: ({ tx }, { id }) => forgetUsers(tx, id),
  ...seenByTokens,
  taken: ({ id }) =>
    conflict('Conflict', `Conflict occurred attempting to store identity_provider - Duplicate entry: ${String(id)}.`),
});

/** The domain of a provider's users, where it is made without one. It stays when the provider goes. */
async function makeDomain(tx: Queries, provider: string): Promise<string> {
  const id = newId();
  const description = `Auto generated federated domain for Identity Provider: ${provider}`;
  await tx.project.create({ data: { id, name: id, description, is_domain: true } });
  return id;
}

/** @throws 409 where one of them is another provider's. Until the transaction ends, nobody else takes one. */
async function checkRemoteIds(tx: Queries, id: string, remoteIds: readonly string[]): Promise<void> {
  await takeTurn(tx, 'federation/remote_ids');
  const other = await tx.identityProvider.findFirst({
    where: { id: { not: id }, remote_ids: { hasSome: [...remoteIds] } },
    select: { remote_ids: true },
  });
  const taken = other?.remote_ids.find((one) => remoteIds.includes(one));
  if (taken !== undefined)
    throw conflict(
      'Conflict',
      `Conflict occurred attempting to store identity_provider - Duplicate remote ID: ${taken}.`,
    );
}
