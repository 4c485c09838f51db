import { Type } from 'typebox';
import { always, oneOf, text, time } from '../../kernel/resource/fields.js';
import { view } from '../words.js';

const post = { write: ['post'], brief: true, required: true } as const;
const shown = { answers: ['get', 'create'] } as const;
const name = { ...post, min: 1, max: 255 } as const;
/** Nova keeps a public key in a column of 64 KiB; the longest that OpenSSH makes has 3 KiB. */
const publicKey = { ...post, max: 65_535 } as const;
const characters = (allowed: string): string => `^(?! )${allowed}+(?<! )$`;
const never = always(null, Type.Null(), { answers: ['get'] });

/** A key pair (nova/api/openstack/compute/keypairs.py). It is its user's, whatever the project. */
export const keypair = view({
  names: ['keypair', 'keypairs'],
  path: 'os-keypairs',
  key: 'name',
  actions: ['list', 'get', 'create', 'delete'],
  brief: 'only',
  fields: {
    // 2.92 allows two characters more, and no longer makes keys.
    name: text({
      ...name,
      pattern: characters(String.raw`[_\-@. a-zA-Z0-9]`),
      earlier: { until: 91, field: text({ ...name, pattern: characters(String.raw`[_\- a-zA-Z0-9]`) }) },
    }),
    public_key: text({
      ...publicKey,
      earlier: { until: 91, field: text({ write: ['post'], brief: true, max: 65_535 }) },
    }),
    fingerprint: text({ brief: true }),
    type: oneOf(['ssh', 'x509'], { write: ['post'], brief: true, since: 2 }),
    // Before 2.10 a request cannot name another user.
    user_id: text({ ...shown, write: ['post'], min: 1, max: 255, earlier: { until: 9, field: text(shown) } }),
    private_key: text({ answers: ['create'], until: 91 }),
    id: always(1, Type.Integer(), { answers: ['get'] }),
    created_at: time({ answers: ['get'] }),
    updated_at: never,
    deleted: always(false, Type.Boolean(), { answers: ['get'] }),
    deleted_at: never,
  },
});
