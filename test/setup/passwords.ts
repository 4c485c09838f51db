import { randomUUID } from 'node:crypto';
import type { ServiceApi } from './service-api.js';

/** A user, as Keystone shows it. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly password_expires_at: string | null;
}
/** What the answers of these tests may have. */
export interface Body {
  readonly token?: { readonly methods: string[]; readonly user: { readonly password_expires_at: string | null } };
  readonly receipt?: { readonly methods: string[]; readonly user: { readonly id: string } };
  readonly required_auth_methods?: string[][];
  readonly user?: User;
  readonly users?: User[];
  readonly error?: { readonly message: string };
}
const v3 = '/identity/v3';
/** What a log-in that fails is told. */
export const generic = 'The request you have made requires authentication.';
/** The password of a user, unless another one is given. */
export const GOOD = 'a long passw0rd';

/** What the tests ask of one API. */
export const asking = (of: () => ServiceApi) => {
  // An empty token keeps the client from logging in again where a log-in is refused.
  const anybody = async (
    method: string,
    at: string,
    body?: object,
    headers: object = {},
  ): Promise<{ status: number; body: Body; headers: Headers }> => {
    const answer = await fetch(of().admin.base + v3 + at, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Body, headers: answer.headers };
  };
  const admin = (method: string, at: string, body?: unknown) => of().admin.request<Body>(method, v3 + at, body);
  const said = ({ status, body }: { status: number; body?: Body }): [number, string] => [
    status,
    body?.error?.message ?? '',
  ];
  return {
    anybody,
    admin,
    said,
    make: async (fields: object = {}): Promise<User> =>
      (await admin('POST', '/users', { user: { name: `u-${randomUUID()}`, password: GOOD, ...fields } })).body.user!,
    show: async ({ id }: User): Promise<User> => (await admin('GET', `/users/${id}`)).body.user!,
    patch: async ({ id }: User, fields: object) => admin('PATCH', `/users/${id}`, { user: fields }),
    login: (id: string, password = GOOD) =>
      anybody('POST', '/auth/tokens', {
        auth: { identity: { methods: ['password'], password: { user: { id, password } } } },
      }),
    change: async ({ id }: User, original_password: string, password: string): Promise<[number, string]> =>
      said(await anybody('POST', `/users/${id}/password`, { user: { original_password, password } })),
    sql: (statement: string, ...values: unknown[]) => of().database.query(statement, values),
  };
};
