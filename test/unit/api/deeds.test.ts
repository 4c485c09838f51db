import { describe, expect, it } from 'vitest';
import { safePath } from '#apps/api/http/audit-trail';
import { deedOf } from '#apps/api/http/deeds';
import { allRoutes } from '../../setup/routes.js';

/** A route's deed in one line: the action as the trail has it, and the parameter that names the target. */
const said = (method: string, route: string): string | undefined => {
  const deed = deedOf(method, route);
  if (deed === undefined) return undefined;
  const { service, resource, verb, part, target } = deed;
  const action = [service, resource, verb, part].filter((word) => word !== undefined).join('/');
  return target === undefined ? action : `${action} of ${target}`;
};

describe('what a route does, as the audit trail says it', () => {
  it.each([
    ['POST', '/compute/v2.1/servers', 'compute/server/create'],
    ['PUT', '/compute/v2.1/servers/:id', 'compute/server/update of id'],
    ['DELETE', '/compute/v2.1/servers/:id', 'compute/server/delete of id'],
    ['POST', '/compute/v2.1/servers/:id/action', 'compute/server/update/* of id'],
    ['POST', '/compute/v2.1/servers/:id/os-interface', 'compute/os-interface/create of id'],
    [
      'DELETE',
      '/compute/v2.1/servers/:id/os-volume_attachments/:volumeId',
      'compute/os-volume_attachment/delete of volumeId',
    ],
    ['DELETE', '/compute/v2.1/servers/:id/tags', 'compute/server/delete/tags of id'],
    ['PUT', '/compute/v2.1/os-services/enable', 'compute/os-service/update/enable'],
    ['PUT', '/network/v2.0/address-groups/:id/add_addresses', 'network/address-group/update/add_addresses of id'],
    ['POST', '/image/v2/images/:id/actions/deactivate', 'image/image/update/deactivate of id'],
    ['PUT', '/identity/v3/projects/:project_id/users/:user_id/roles/:role_id', 'identity/role/update of role_id'],
    ['POST', '/identity/v3/auth/tokens', 'identity/token/authenticate'],
    ['DELETE', '/identity/v3/auth/tokens', 'identity/token/delete'],
    ['PUT', '/alarming/v2/alarms/:id/state', 'alarming/alarm/update/state of id'],
    ['POST', '/placement/resource_classes', 'placement/resource_class/create'],
    ['PUT', '/object-store/v1/:account/:container/*', 'object-store/object/update of *'],
    ['POST', '/object-store/v1/:account', 'object-store/account/update of *'],
    ['POST', '/internal/audit', 'internal/audit/create'],
    ['PUT', '/internal/services/:binary/:machine', undefined],
    ['GET', '/compute/v2.1/servers', undefined],
    ['HEAD', '/identity/v3/auth/tokens', undefined],
  ])('%s %s: %s', (method, route, expected) => {
    expect(said(method, route)).toBe(expected);
  });

  it('is told of every route that may change something, but for the signs of life of hosts', () => {
    const silent = allRoutes().filter(
      ({ method, path }) => !['GET', 'HEAD', 'OPTIONS'].includes(method) && deedOf(method, path) === undefined,
    );
    expect(silent.map(({ path }) => path)).toEqual(['/internal/services/:binary/:machine']);
  });
});

it('a path keeps of its query what opens nothing', () => {
  expect(safePath('/object-store/v1/a/c/o?temp_url_sig=abc&temp_url_expires=9&format=json')).toBe(
    '/object-store/v1/a/c/o?temp_url_sig=***&temp_url_expires=9&format=json',
  );
  expect(safePath('/x?token=abc&Password=p&name=n')).toBe('/x?token=***&Password=***&name=n');
  expect(safePath('/x?%74oken=abc&temp_url_%73ig=abc&%zz=1')).toBe('/x?%74oken=***&temp_url_%73ig=***&%zz=1');
  expect(safePath('/x')).toBe('/x');
});
