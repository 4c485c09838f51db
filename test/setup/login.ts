import type { TestCloud } from './clouds.js';

/** A user is in the default domain unless the proof names another. */
type Proof =
  | { readonly name: string; readonly password: string; readonly domain?: { readonly id: string } }
  | { readonly token: string };

/** Asks for a token and takes the answer as it is. `scope` is Keystone's; without one it is left out. */
export function authenticate(cloud: TestCloud, proof: Proof, scope?: unknown): Promise<Response> {
  const identity =
    'token' in proof
      ? { methods: ['token'], token: { id: proof.token } }
      : { methods: ['password'], password: { user: { domain: { id: 'default' }, ...proof } } };
  return fetch(`${cloud.authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, ...(scope === undefined ? {} : { scope }) } }),
  });
}

/** A token that nobody renews, unlike the one of an Api. @throws when there is none */
export async function tokenOf(cloud: TestCloud, proof: Proof, scope?: unknown): Promise<string> {
  const answer = await authenticate(cloud, proof, scope);
  if (answer.status !== 201) throw new Error(`No token: ${answer.status} ${await answer.text()}`);
  return answer.headers.get('x-subject-token')!;
}

/** The status that a request with this token gets. */
export async function statusWith(base: string, token: string, path: string, init: RequestInit = {}): Promise<number> {
  const headers = new Headers(init.headers);
  headers.set('x-auth-token', token);
  const answer = await fetch(base + path, { ...init, headers });
  await answer.arrayBuffer();
  return answer.status;
}
