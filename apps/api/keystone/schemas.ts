import { Type, type Static } from '@sinclair/typebox';

const Ref = Type.Object({ id: Type.Optional(Type.String()), name: Type.Optional(Type.String()) });
const Scoped = Type.Object({
  id: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  domain: Type.Optional(Ref),
});
const name = Type.String({ minLength: 1, maxLength: 255, pattern: '\\S' });

/** POST /v3/auth/tokens (keystone/auth/schema.py) */
export const AuthSchema = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String(), { minItems: 1 }),
      password: Type.Optional(
        Type.Object({ user: Type.Composite([Scoped, Type.Object({ password: Type.String() })]) }),
      ),
      token: Type.Optional(Type.Object({ id: Type.String() })),
    }),
    scope: Type.Optional(
      Type.Union([
        Type.Literal('unscoped'),
        Type.Object({ unscoped: Type.Object({}) }),
        Type.Object({ project: Scoped }),
      ]),
    ),
  }),
});
export type AuthBody = Static<typeof AuthSchema>['auth'];

export const CreateProjectSchema = Type.Object({
  project: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
    description: Type.Optional(Type.String()),
    domain_id: Type.Optional(Type.String()),
    enabled: Type.Optional(Type.Boolean()),
  }),
});
export const CreateUserSchema = Type.Object({
  user: Type.Object({
    name,
    password: Type.String({ minLength: 1 }),
    domain_id: Type.Optional(Type.String()),
    default_project_id: Type.Optional(Type.String()),
    enabled: Type.Optional(Type.Boolean()),
  }),
});
export const UpdateUserSchema = Type.Object({
  user: Type.Object({ password: Type.Optional(Type.String({ minLength: 1 })), enabled: Type.Optional(Type.Boolean()) }),
});
