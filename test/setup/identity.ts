import { randomUUID } from 'node:crypto';
import { Api } from '#apps/standalone/api';

/** The path of Keystone's API. */
export const v3 = '/identity/v3';
export const newName = (): string => `k-${randomUUID().slice(0, 12)}`;

/** An item of Keystone, as it is answered. */
export type Item = Readonly<Record<string, unknown>> & { readonly id: string };

/** What a request is answered: its status, and what Keystone says of it where it refuses. */
export async function answerOf(api: Api, method: string, path: string, body?: object): Promise<[number, string]> {
  const answer = await api.request<{ error?: { message: string } } | undefined>(method, v3 + path, body);
  return [answer.status, answer.body?.error?.message ?? ''];
}

/** The body of a request that must succeed. */
export const bodyOf = <T>(api: Api, method: string, path: string, body?: object): Promise<T> =>
  api.call<T>(method, v3 + path, body);

/** One kind of thing: what is made, changed and found of it. */
export const kindOf = (api: Api, one: string, many = `${one}s`, path = many) => ({
  make: async (fields: object): Promise<Item> =>
    (await bodyOf<Record<string, Item>>(api, 'POST', `/${path}`, { [one]: fields }))[one]!,
  change: async (id: string, fields: object): Promise<Item> =>
    (await bodyOf<Record<string, Item>>(api, 'PATCH', `/${path}/${id}`, { [one]: fields }))[one]!,
  show: async (id: string): Promise<Item> => (await bodyOf<Record<string, Item>>(api, 'GET', `/${path}/${id}`))[one]!,
  list: async (query = ''): Promise<string[]> =>
    (await bodyOf<Record<string, Item[]>>(api, 'GET', `/${path}?${query}`))[many]!.map(({ id }) => id),
  remove: (id: string): Promise<[number, string]> => answerOf(api, 'DELETE', `/${path}/${id}`),
  refusesToMake: (fields: object): Promise<[number, string]> => answerOf(api, 'POST', `/${path}`, { [one]: fields }),
  refusesToChange: (id: string, fields: object): Promise<[number, string]> =>
    answerOf(api, 'PATCH', `/${path}/${id}`, { [one]: fields }),
});

/** Who has a role in a project of the default domain. */
export interface Member {
  readonly api: Api;
  readonly project: string;
  readonly user: string;
  readonly password: string;
}

export async function newMember(admin: Api): Promise<Member> {
  const [name, password] = [newName(), randomUUID()];
  const [project, user] = await Promise.all([
    kindOf(admin, 'project').make({ name }),
    kindOf(admin, 'user').make({ name, password }),
  ]);
  const [role] = await kindOf(admin, 'role').list('name=member');
  await bodyOf(admin, 'PUT', `/projects/${project.id}/users/${user.id}/roles/${role!}`);
  const api = await Api.login({ authUrl: admin.base + v3, username: name, password, project: name });
  return { api, project: project.id, user: user.id, password };
}

/** What a token's request says beside its token. */
export interface Issued<Token> {
  readonly status: number;
  readonly token: string;
  readonly body: { readonly token: Token };
}

/** Asks for a token of a scope. @param query what follows the path */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
export async function issue<Token>(
  { api: { base }, user: id, password }: Member,
  scope: unknown,
  query = '',
): Promise<Issued<Token>> {
  const identity = { methods: ['password'], password: { user: { id, password } } };
  const answer = await fetch(`${base}${v3}/auth/tokens${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope } }),
  });
  return {
    status: answer.status,
    token: answer.headers.get('x-subject-token') ?? '',
    body: (await answer.json()) as { token: Token },
  };
}

/** What a GET with a token is answered. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
export async function readWith<T>(base: string, token: string, path: string): Promise<{ status: number; body: T }> {
  const answer = await fetch(base + v3 + path, { headers: { 'x-auth-token': token } });
  return { status: answer.status, body: (await answer.json()) as T };
}
