import { Type, type TSchema } from 'typebox';

/** keystone/api/validation/parameter_types.py */
const id = Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-zA-Z0-9-]+$' });
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
/** Keystone keeps descriptions in a TEXT column of MySQL, which ends here. */
const description = nullable(Type.String({ maxLength: 65_535 }));
/** The longest address that mail can have is 254 characters (RFC 5321); Keystone sets no limit of its own. */
const email = nullable(Type.String({ maxLength: 255 }));
/** Its length is checked where it is hashed: an error of a schema repeats the value. */
const password = nullable(Type.String());

/** keystone/resource/schema.py */
const projectName = Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' });
const tags = Type.Array(Type.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$' }), {
  maxItems: 80,
  uniqueItems: true,
});
const project = {
  description: optional(description),
  domain_id: optional(nullable(id)),
  parent_id: optional(nullable(id)),
  is_domain: optional(Type.Boolean()),
  enabled: optional(Type.Boolean()),
  tags: optional(tags),
};
export const CreateProjectSchema = Type.Object({ project: Type.Object({ name: projectName, ...project }) });
export const UpdateProjectSchema = Type.Object({
  project: Type.Object({ id: optional(Type.String()), name: optional(projectName), ...project }),
});

/** keystone/identity/schema.py */
const userName = Type.String({ minLength: 1, maxLength: 255, pattern: '\\S' });
const user = {
  password: optional(password),
  default_project_id: optional(nullable(id)),
  enabled: optional(Type.Boolean()),
  description: optional(description),
  email: optional(email),
};
export const CreateUserSchema = Type.Object({
  user: Type.Object({ name: userName, domain_id: optional(id), ...user }),
});
export const UpdateUserSchema = Type.Object({
  user: Type.Object({ id: optional(Type.String()), name: optional(userName), domain_id: optional(id), ...user }),
});
export const ChangePasswordSchema = Type.Object({
  user: Type.Object({ original_password: Type.String(), password: Type.String() }, { additionalProperties: false }),
});
