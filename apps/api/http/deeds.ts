import { isLogIn } from './log-ins.js';

/** What a route does, as the audit trail says it. */
export interface RouteDeed {
  readonly service: string;
  /** What it is done to, in the singular. */
  readonly resource: string;
  readonly verb: 'create' | 'update' | 'delete' | 'authenticate';
  /** What of the resource is changed, after the verb; `*` is what the body's one member says. */
  readonly part?: string;
  /** The parameter of the path that names the target; none where the answer names it. */
  readonly target?: string;
}

const VERBS: Readonly<Record<string, RouteDeed['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
  COPY: 'create',
};
const isName = (part: string): boolean => !/^[:*]/.test(part);
const singular = (name: string): string =>
  name
    .replace(/ies$/, 'y')
    .replace(/(ss|x)es$/, '$1')
    .replace(/([^s])s$/, '$1');
/** Swift's paths have no names of collections. */
const OBJECTS = ['account', 'container', 'object'];

/**
 * What a route does, told by its method and path: `PUT /network/v2.0/address-groups/:id/add_addresses` is
 * `update/add_addresses` of an address-group.
 * @param route its path in the router
 * @returns nothing for a route that changes nothing
 */
export function deedOf(method: string, route: string): RouteDeed | undefined {
  const [service = '', ...rest] = route.split('/').slice(1);
  if (isLogIn(method, route)) return { service, resource: 'token', verb: 'authenticate' };
  const verb = VERBS[method];
  // A host's report is a sign of life, several a minute, and nobody's deed.
  if (verb === undefined || route.startsWith('/internal/services/')) return undefined;
  const parts = rest.filter((part) => !/^v\d/.test(part));
  if (service === 'object-store') {
    const resource = OBJECTS[parts.length - 1] ?? 'object';
    return { service, resource, verb: verb === 'create' && method === 'POST' ? 'update' : verb, target: '*' };
  }
  const [last, before = ''] = parts.toReversed();
  if (last === undefined) return { service, resource: service, verb };
  if (!isName(last)) {
    const resource = parts.findLast(isName) ?? service;
    return { service, resource: singular(resource), verb, target: last.slice(1) || last };
  }
  const owner = parts.findLast((part) => part.startsWith(':'))?.slice(1);
  const ofOwner = owner === undefined ? {} : { target: owner };
  // servers/:id/action, images/:id/actions/deactivate
  if (last === 'action' || before === 'actions') {
    const resource = parts.slice(0, parts.lastIndexOf(`:${owner ?? ''}`)).findLast(isName) ?? service;
    return { service, resource: singular(resource), verb: 'update', part: last === 'action' ? '*' : last, ...ofOwner };
  }
  // POST servers/:id/os-interface makes one of them, and POST auth/tokens stands under no other thing.
  if (method === 'POST') return { service, resource: singular(last), verb, ...ofOwner };
  // PUT address-groups/:id/add_addresses, PUT os-services/enable
  const resource = parts.slice(0, -1).findLast(isName);
  if (resource !== undefined && (method !== 'DELETE' || before.startsWith(':')))
    return { service, resource: singular(resource), verb, part: last, ...ofOwner };
  return { service, resource: singular(last), verb, ...ofOwner };
}
