import { Type, type Static } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import { expecting, type Proof, type Reference, type Scope } from '#services/keystone/index';

const Ref = Type.Object({ id: Type.Optional(Type.String()), name: Type.Optional(Type.String()) });
const scoped = { ...Ref.properties, domain: Type.Optional(Ref) };
const Scoped = Type.Object(scoped);

/** POST /v3/auth/tokens (keystone/auth/schema.py) */
export const AuthSchema = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String()),
      password: Type.Optional(Type.Object({ user: Type.Object({ ...scoped, password: Type.String() }) })),
      token: Type.Optional(Type.Object({ id: Type.String() })),
      application_credential: Type.Optional(
        Type.Object({ ...Ref.properties, user: Type.Optional(Scoped), secret: Type.Optional(Type.String()) }),
      ),
      totp: Type.Optional(Type.Object({ user: Type.Object({ ...scoped, passcode: Type.String() }) })),
    }),
    scope: Type.Optional(
      Type.Union([
        Type.String(),
        Type.Object({
          project: Type.Optional(Scoped),
          domain: Type.Optional(Ref),
          system: Type.Optional(Type.Object({ all: Type.Boolean() })),
          'OS-TRUST:trust': Type.Optional(Type.Object({ id: Type.String() })),
          unscoped: Type.Optional(Type.Object({})),
        }),
      ]),
    ),
  }),
});
type AuthBody = Static<typeof AuthSchema>['auth'];

/** How the client proves who it is: every method that it names, and not the first one that is there. */
export function proofsOf({ identity }: AuthBody): Proof[] {
  const missing = identity.methods.find((method) => !Object.hasOwn(identity, method));
  if (missing !== undefined) throw expecting(missing, 'identity');
  return [...new Set(identity.methods)].map((method): Proof => {
    if (method === 'token' && identity.token) return { method, token: identity.token.id };
    if (method === 'application_credential' && identity.application_credential)
      return credentialProof(identity.application_credential);
    if (method === 'totp' && identity.totp) return { method, user: checkedUser(identity.totp.user) };
    if (method === 'password' && identity.password) return { method, user: checkedUser(identity.password.user) };
    return 'unsupported';
  });
}

/** keystone/auth/core.py: _lookup_app_cred */
function credentialProof({
  id,
  name,
  user,
  secret,
}: NonNullable<AuthBody['identity']['application_credential']>): Proof {
  if (!id && !name) throw expecting('name or ID', 'application credential');
  if (!id && !user) throw expecting('user', 'application credential');
  if (!id && !user?.id && user?.domain === undefined) throw expecting('domain', 'user');
  return { method: 'application_credential', credential: { id, name }, user, secret: secret ?? '' };
}

function checkedUser<U extends Reference>(user: U): U {
  if (!user.id && !user.name) throw expecting('id or name', 'user');
  if (!user.id && user.domain === undefined) throw expecting('domain', 'user');
  return user;
}

const SCOPES = ['unscoped', 'project', 'system', 'domain', 'OS-TRUST:trust'] as const;

export function scopeOf({ scope }: AuthBody): Scope | undefined {
  if (scope === undefined) return undefined;
  const named = SCOPES.filter((kind) => (typeof scope === 'string' ? scope === kind : Object.hasOwn(scope, kind)));
  if (named.length !== 1) throw expecting('system, project, domain, OS-TRUST:trust or unscoped', 'scope');
  if (named[0] === 'unscoped') return 'unscoped';
  if (typeof scope === 'string') throw expecting('system, project, domain, OS-TRUST:trust or unscoped', 'scope');
  const { project, domain, system, 'OS-TRUST:trust': trust } = scope;
  if (project !== undefined) return { project: checkedProject(project) };
  if (domain !== undefined) {
    if (!domain.id && !domain.name) throw expecting('id or name', 'domain');
    return { domain };
  }
  if (trust !== undefined) return { trust: trust.id };
  if (!system?.all) throw expecting('all', 'system');
  return 'system';
}

function checkedProject(project: Reference): Reference {
  if (!project.id && !project.name)
    throw badRequest('Invalid input for field scope/project: id or name must be present.');
  if (!project.id && project.domain === undefined) throw expecting('domain', 'project');
  return project;
}
