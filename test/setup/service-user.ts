import { randomUUID } from 'node:crypto';
import { Api } from '#apps/standalone/api';
import type { ServiceApi } from './service-api.js';

/** Keystone's answer to a request, whatever it was. */
export interface Answer<T = Record<string, never>> {
  readonly status: number;
  readonly body: T & { readonly error?: { readonly message: string } };
}

/** A user of a test's own, with roles in a project of his own. */
export class ServiceUser {
  private constructor(
    readonly api: Api,
    readonly id: string,
    readonly name: string,
    readonly password: string,
    readonly project: string,
  ) {}

  /** @param project an existing one; his own when left out */
  static async make(
    { admin }: ServiceApi,
    roles: readonly string[] = ['member'],
    project?: string,
  ): Promise<ServiceUser> {
    const name = `u-${randomUUID().slice(0, 12)}`;
    const password = randomUUID();
    const at =
      project ??
      (await admin.call<{ project: { id: string } }>('POST', '/identity/v3/projects', { project: { name } })).project
        .id;
    const { user } = await admin.call<{ user: { id: string } }>('POST', '/identity/v3/users', {
      user: { name, password },
    });
    for (const role of roles)
      await admin.call('PUT', `/identity/v3/projects/${at}/users/${user.id}/roles/${await roleId(admin, role)}`);
    const { project: shown } = await admin.call<{ project: { name: string } }>('GET', `/identity/v3/projects/${at}`);
    const authUrl = `${admin.base}/identity/v3`;
    const api = await Api.login({ authUrl, username: name, password, project: shown.name });
    return new ServiceUser(api, user.id, name, password, at);
  }

  /** Asks Keystone with this user's session, or with a token. */
  async ask<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    token = this.api.sessionToken,
  ): Promise<Answer<T>> {
    return askWith<T>(this.api.base, token, method, path, body);
  }
}

/** Asks Keystone with a token that nobody renews. */
export async function askWith<T = unknown>(
  base: string,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<T> & { readonly token: string }> {
  const response = await fetch(`${base}/identity/v3${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { 'x-auth-token': token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as Answer<T>['body'],
    token: response.headers.get('x-subject-token') ?? '',
  };
}

export async function roleId(admin: Api, name: string): Promise<string> {
  const { roles } = await admin.call<{ roles: { id: string; name: string }[] }>(
    'GET',
    `/identity/v3/roles?name=${name}`,
  );
  return roles[0]!.id;
}
