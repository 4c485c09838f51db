import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { isPublic } from '#apps/api/http/policy';
import type { Route } from '#apps/api/http/routes';
import { abilityOf, type Ability } from '#services/kernel/policy/abilities';
import { policies, type Credentials } from '#services/kernel/policy/index';
import { FERNET_KEYS, KeyRing } from '#services/keystone/index';
import { pack, unpack } from '#services/keystone/tokens/pack';
import { sampleBody } from '../fuzz/samples.js';
import { allRoutes } from '../setup/routes.js';
import { Tenant, adminOf } from '../setup/tenant.js';
import { HEADERS, filled, likeness, makeVictim, type Victim } from './victim.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Somebody who asks for what is not his. */
interface Caller {
  readonly name: string;
  readonly token: string | undefined;
  /** What the token says; nothing for one that says nothing any more. */
  readonly credentials?: Credentials;
}
interface Answer {
  readonly status: number;
  readonly text: string;
}

const guarded = (): Route[] => allRoutes().filter(({ rule }) => rule !== undefined && !isPublic(rule));
/** Requests of one caller at once: as many as keep the api busy. */
const limit = pLimit(16);

async function send(caller: Caller, { method }: Route, url: string, body?: unknown): Promise<Answer> {
  const response = await fetch(base + url, {
    method,
    headers: {
      ...HEADERS,
      ...(caller.token === undefined ? {} : { 'x-auth-token': caller.token, 'x-subject-token': caller.token }),
      'content-type': url.startsWith('/image/') && method === 'PATCH' ? PATCH : 'application/json',
    },
    ...(WITH_BODY.has(method) ? { body: JSON.stringify(body ?? {}) } : {}),
  });
  return { status: response.status, text: await response.text() };
}
const PATCH = 'application/openstack-images-v2.1-json-patch';

/** What a rule lets a caller do; the rules of routes that the guard finds by more than one name are asked by their own. */
function ability({ policy }: Route, { credentials }: Caller): Ability {
  const rule = policy && policies.rule(policy.service, policy.rule);
  return rule && credentials ? abilityOf(policies, rule, credentials) : 'no';
}

describe('what belongs to somebody else', () => {
  let victim: Victim;
  const callers: Caller[] = [];
  const ended: Caller[] = [];
  const invented = new Map<string, string>();

  beforeAll(async () => {
    const admin = await adminOf(cloud);
    const owner = await Tenant.make(cloud);
    victim = await makeVictim(owner, admin, guarded());
    for (const [collection, id] of victim.ids) invented.set(collection, KEYS.has(collection) ? id : likeness(id));
    for (const role of ['member', 'reader', 'manager']) {
      const { api, userId } = await Tenant.make(cloud, role);
      callers.push(await callerOf(`a ${role} of another project`, api.sessionToken, userId));
    }
    const scoped = await scopedCallers();
    callers.push(...scoped);
    ended.push(...(await endedTokens()));
  }, 120_000);

  it('is there: one of each thing that a request makes', () => {
    expect(victim.failed).toEqual([]);
    expect(victim.ids.size).toBeGreaterThan(20);
  });

  it('is closed to nobody, and to a token that expired, was revoked, was tampered with or is none', async () => {
    const wrong: string[] = [];
    await Promise.all(
      guarded().flatMap((route) =>
        ended.map((caller) =>
          limit(async () => {
            const { status } = await send(caller, route, filled(route.path, victim.ids, 'nothing'));
            if (status !== 401) wrong.push(`${caller.name}: ${route.method} ${route.path} answered ${status}`);
          }),
        ),
      ),
    );
    console.log(`route walk: ${guarded().length} routes by ${ended.length} callers without a token that holds`);
    expect(wrong).toEqual([]);
  });

  it('cannot be told from what is not there, unless a rule opens it to the caller', async () => {
    const routes = guarded().filter(({ path: of }) => of.includes(':'));
    const wrong: string[] = [];
    let asked = 0;
    for (const caller of callers)
      await Promise.all(
        routes.map((route) =>
          limit(async () => {
            if (ability(route, caller) === 'all' || OPEN.test(route.path)) return;
            const real = filled(route.path, victim.ids, 'nothing');
            const unreal = filled(route.path, invented, 'nothing');
            if (real === unreal) return;
            const body = sampleBody(`${route.method} ${route.path}`, victim.names, 'walk');
            const [one, other] = [await send(caller, route, real, body), await send(caller, route, unreal, body)];
            asked++;
            const told = `${caller.name}: ${route.method} ${route.path}`;
            if (one.status < 300) wrong.push(`${told} was answered ${one.status}`);
            else if (one.status >= 500) wrong.push(`${told} failed with ${one.status}`);
            else if (one.status !== other.status || blank(one.text) !== blank(other.text))
              wrong.push(
                `${told}: ${one.status} ${one.text.slice(0, 160)} / ${other.status} ${other.text.slice(0, 160)}`,
              );
          }),
        ),
      );
    console.log(`route walk: ${routes.length} routes with ids by ${callers.length} callers, ${asked} pairs compared`);
    expect(wrong).toEqual([]);
  });

  it('is in no list, whatever a query asks for', async () => {
    const lists = guarded().filter(({ method, path: of }) => method === 'GET' && !of.includes(':'));
    const project = victim.ids.get('projects')!;
    const queries = ['', `?project_id=${project}`, `?tenant_id=${project}`, `?owner=${project}`, '?all_tenants=1'];
    const secret = [...victim.ids]
      .filter(([collection]) => !COMMON.has(collection) && !KEYS.has(collection))
      .map(([, id]) => id);
    const wrong: string[] = [];
    for (const caller of callers)
      await Promise.all(
        lists.flatMap((route) =>
          queries.map((query) =>
            limit(async () => {
              if (ability(route, caller) === 'all') return;
              const { status, text } = await send(caller, route, route.path + query);
              const shown = status < 300 ? secret.filter((id) => text.includes(id)) : [];
              // What was asked for may be said again in a link.
              const found = shown.filter((id) => !query.includes(id));
              if (found.length > 0 || status >= 500)
                wrong.push(`${caller.name}: GET ${route.path}${query} answered ${status} with ${found.join(', ')}`);
            }),
          ),
        ),
      );
    expect(wrong).toEqual([]);
  });

  /** What is everybody's, though an administrator made it: an external network is, so that routers find their way out. */
  const COMMON = new Set(
    'outside flavors os-extra_specs roles regions services resource_classes archive_policy archive_policy_rule resource_type'.split(
      ' ',
    ),
  );
  /** Routes whose rule asks for nothing of the thing: it is everybody's to read. */
  const OPEN = /^\/(compute\/v2\.1\/flavors|metric\/v1\/(archive_policy|resource_type|aggregation))/;
  /** Keys of what is below a thing: they are in a body, too. */
  const KEYS = new Set(['metadata', 'os-extra_specs', 'tags', 'inventories', 'resource']);
  /** An answer without what is each one's own. */
  const blank = (text: string): string =>
    [...victim.ids.values(), ...invented.values()].reduce(
      (all, id) => all.replaceAll(id, '…'),
      text.replaceAll(/req-[0-9a-f-]{36}/g, '…'),
    );

  async function callerOf(name: string, token: string, userId: string): Promise<Caller> {
    const { body } = await (
      await adminOf(cloud)
    ).request<{ token: TokenBody }>('GET', '/identity/v3/auth/tokens', undefined, { 'x-subject-token': token });
    const { user, project, domain, system, roles = [] } = body.token;
    const credentials: Credentials = {
      user_id: userId,
      user_domain_id: user.domain.id,
      project_id: project?.id ?? null,
      project_domain_id: project?.domain.id ?? null,
      domain_id: domain?.id ?? null,
      system_scope: system ? 'all' : null,
      roles: roles.map((role) => role.name),
      is_admin_project: true,
      service_roles: [],
    };
    return { name, token, credentials };
  }

  /** Users with roles on a domain of their own and on the system, and one without any. */
  async function scopedCallers(): Promise<Caller[]> {
    const admin = await adminOf(cloud);
    const name = `walk-${randomUUID().slice(0, 8)}`;
    const { domain } = await admin.call<Made<'domain'>>('POST', '/identity/v3/domains', { domain: { name } });
    const { roles } = await admin.call<{ roles: { id: string; name: string }[] }>('GET', '/identity/v3/roles');
    const idOf = (role: string): string => roles.find((one) => one.name === role)!.id;
    const make = async (
      title: string,
      on: string | undefined,
      role: string,
      scope: object | string,
    ): Promise<Caller> => {
      const password = randomUUID();
      const { user } = await admin.call<Made<'user'>>('POST', '/identity/v3/users', {
        user: { name: `${name}-${title.replaceAll(' ', '-')}`, password, domain_id: domain.id },
      });
      if (on !== undefined) await admin.call('PUT', `/identity/v3/${on}/users/${user.id}/roles/${idOf(role)}`);
      const identity = { methods: ['password'], password: { user: { id: user.id, password } } };
      const response = await fetch(`${cloud.authUrl}/auth/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ auth: { identity, scope } }),
      });
      expect([title, response.status]).toEqual([title, 201]);
      return callerOf(title, response.headers.get('x-subject-token')!, user.id);
    };
    const inDomain = { domain: { id: domain.id } };
    return [
      await make('a reader of another domain', `domains/${domain.id}`, 'reader', inDomain),
      await make('a manager of another domain', `domains/${domain.id}`, 'manager', inDomain),
      await make('a reader of the system', 'system', 'reader', { system: { all: true } }),
      await make('a user without a scope', undefined, '', 'unscoped'),
    ];
  }

  /** No token, and those that do not hold. */
  async function endedTokens(): Promise<Caller[]> {
    const { api } = await Tenant.make(cloud);
    const good = api.sessionToken;
    const fernet = new KeyRing(path.join(cloud.home, 'secrets', FERNET_KEYS));
    const payload = unpack(fernet.open(good)!)!;
    const expired = fernet.seal(pack({ ...payload, expiresAt: payload.issuedAt - 1 }));
    const middle = Math.floor(good.length / 2);
    const tampered = good.slice(0, middle) + (good[middle] === 'A' ? 'B' : 'A') + good.slice(middle + 1);
    const { api: revoked } = await Tenant.make(cloud);
    const token = revoked.sessionToken;
    await revoked.request('DELETE', '/identity/v3/auth/tokens', undefined, { 'x-subject-token': token });
    return [
      { name: 'nobody', token: undefined },
      { name: 'who has an expired token', token: expired },
      { name: 'who tampered with a token', token: tampered },
      { name: 'who has a revoked token', token },
    ];
  }
});

interface TokenBody {
  readonly user: { readonly domain: { readonly id: string } };
  readonly project?: { readonly id: string; readonly domain: { readonly id: string } };
  readonly domain?: { readonly id: string };
  readonly system?: object;
  readonly roles?: readonly { readonly name: string }[];
}
type Made<K extends string> = Record<K, { readonly id: string }>;
