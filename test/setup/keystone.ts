import { randomUUID } from 'node:crypto';
import type { ServiceApi } from './service-api.js';

export const v3 = '/identity/v3';
export type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };
export type Scope = 'system' | 'unscoped' | { readonly project: object } | { readonly domain: object };
export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape of what it asked for
  readonly body: any;
}
export const named = (): string => `k-${randomUUID().slice(0, 12)}`;
const PASSWORD = 'secret';

/** Keystone as a test uses it: what is made in it, who is in which group, and tokens that nobody renews. */
export class Realm {
  constructor(private readonly api: ServiceApi) {}

  get url(): string {
    return this.api.admin.base + v3;
  }

  /** As the administrator, unless a token is given. */
  async ask(method: string, path: string, body?: object, token = this.api.admin.sessionToken): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { 'x-auth-token': token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** The status of a refusal, and its words. */
  async refusal(...asked: Parameters<Realm['ask']>): Promise<[number, string]> {
    const { status, body } = await this.ask(...asked);
    return [status, (body as { error?: { message: string } } | undefined)?.error?.message ?? ''];
  }

  async make(one: 'project' | 'domain' | 'user' | 'role', fields: object = {}): Promise<Item> {
    const own = one === 'user' ? { password: PASSWORD } : {};
    const { status, body } = await this.ask('POST', `/${one}s`, { [one]: { name: named(), ...own, ...fields } });
    if (status !== 201) throw new Error(`No ${one}: ${status} ${JSON.stringify(body)}`);
    return (body as Record<string, Item>)[one]!;
  }

  async role(name: string): Promise<Item> {
    return ((await this.ask('GET', `/roles?name=${name}`)).body as { roles: Item[] }).roles[0]!;
  }

  /** A group of the default domain with these members. */
  async group(...members: readonly Item[]): Promise<Item> {
    const group = { id: randomUUID().replaceAll('-', ''), name: named() };
    await this.api.services.db.group.create({
      data: { ...group, domain_id: 'default', members: { create: members.map(({ id }) => ({ user_id: id })) } },
    });
    return group;
  }

  /** Logs in. @returns undefined where there is no token for that */
  async login(user: Item, scope: Scope): Promise<{ token: string; roles: string[] } | undefined> {
    const asked = scope === 'system' ? { system: { all: true } } : scope;
    const identity = { methods: ['password'], password: { user: { id: user.id, password: PASSWORD } } };
    const answer = await fetch(`${this.url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity, scope: asked } }),
    });
    const body = (await answer.json()) as { token?: { roles?: Item[] } };
    if (answer.status !== 201) return undefined;
    return {
      token: answer.headers.get('x-subject-token')!,
      roles: (body.token?.roles ?? []).map(({ name }) => name).toSorted(),
    };
  }

  /** The names of the roles of a token for this; nothing where there is none. */
  async rolesOf(user: Item, scope: Scope): Promise<string[]> {
    return (await this.login(user, scope))?.roles ?? [];
  }

  /** Whether a token still holds. */
  async holds(token: string): Promise<boolean> {
    const answer = await fetch(`${this.url}/auth/tokens`, {
      headers: { 'x-auth-token': this.api.admin.sessionToken, 'x-subject-token': token },
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  }
}
