import type { Ruled } from '../../kernel/resource/access.js';
import { text } from '../../kernel/resource/fields.js';
import { viewsOf } from '../../kernel/resource/spec.js';
import { words } from '../words.js';

/** A user's EC2 credential as the older API of them shows it: what its content says (keystone/api/users.py: OS-EC2). */
export const ec2Credential = viewsOf(words)({
  names: ['credential', 'credentials'],
  title: 'Ec2Credential',
  path: 'users/:user_id/credentials/OS-EC2',
  below: { field: 'user_id' },
  key: 'access',
  closed: true,
  fields: {
    user_id: text({}),
    tenant_id: text({ nullable: true }),
    access: text({}),
    secret: text({ nullable: true }),
    trust_id: text({ nullable: true }),
  },
});

/** The rules of these routes, for the first look at who asks. */
export const ec2Rules: Ruled = {
  names: ['credential', 'credentials'],
  words,
  rules: {
    list: 'identity:ec2_list_credentials',
    get: 'identity:ec2_get_credential',
    create: 'identity:ec2_create_credential',
    delete: 'identity:ec2_delete_credential',
  },
};
