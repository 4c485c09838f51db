import { text, whole } from './setting.js';

/** Users of other identity providers (keystone.conf: federation). */
export const federation = {
  oidc_audience: text(
    'NOVAFLOW_OIDC_AUDIENCE',
    '',
    'What access tokens of OpenID Connect must be for (aud), one or several separated by commas; the URL of Keystone’s API when empty.',
  ),
  default_authorization_ttl: whole(
    'NOVAFLOW_AUTHORIZATION_TTL',
    0,
    'Minutes for which a group that an identity provider named is a user’s, where the provider has no time of its own (keystone.conf: federation.default_authorization_ttl); 0 is as long as the token alone.',
  ),
};
