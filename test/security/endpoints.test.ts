import { describe, expect, inject as provided, it } from 'vitest';
import { isPublic } from '#apps/api/http/policy';
import type { Route } from '#apps/api/http/routes';
import { allRoutes } from '../setup/routes.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const routes = allRoutes();
const fill = (path: string): string => path.replaceAll(/:(\w+)/g, '11111111-2222-3333-4444-555555555555');
/** What only administrators see: to others there is none of it, which is 404 and not 403, as Neutron has it. */
const ADMINISTRATORS =
  /^\/network\/v2\.0\/((service_profiles|agents|log\/logs)\/:id$|(segments|network_segment_ranges)\/:id)/;
const send = ({ method, path }: Route, token?: string): Promise<Response> =>
  fetch(base + fill(path), {
    method,
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { 'x-auth-token': token }) },
    ...(['POST', 'PUT', 'PATCH'].includes(method) ? { body: '{}' } : {}),
  });

describe('every endpoint', () => {
  it('states its policy', () => {
    expect(routes.length).toBeGreaterThan(70);
    expect(routes.filter((r) => r.rule === undefined)).toEqual([]);
  });

  const guarded = routes.filter((r) => r.rule !== undefined && !isPublic(r.rule));
  it.each(guarded)('$method $path refuses who has no token, or a bad one', async (route) => {
    for (const token of [undefined, 'gAAAAABnot-a-token']) {
      const response = await send(route, token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Keystone uri=');
      if (route.method !== 'HEAD')
        expect(await response.json()).toEqual({
          error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
        });
    }
  });

  it('that changes something refuses a reader', async () => {
    const reader = await Tenant.make(cloud, 'reader');
    const others: unknown[] = [];
    for (const { method, path, rule } of guarded.filter(
      (r) =>
        r.method !== 'GET' &&
        r.method !== 'HEAD' &&
        !/^identity:(revoke_token|get|(create|update)_credential|create_(application_credential|trust)|delete_trust)|os-keypairs|^telemetry:query_|^metric:/.test(
          r.rule ?? '',
        ),
    )) {
      const { status } = await reader.api.request(
        method,
        fill(path),
        // The rule of an action on a server is found by its name.
        path.endsWith('/action') ? { lock: null } : ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined,
      );
      if (status !== (ADMINISTRATORS.test(path) ? 404 : 403)) others.push([method, path, rule, status]);
    }
    expect(others).toEqual([]);
  });
});
