import type { FastifyInstance } from 'fastify';
import type { AuditTrail, Initiator } from '#services/audit-trail/index';
import { isSecret } from '#services/kernel/secrets';
import { deedOf, type RouteDeed } from './deeds.js';
import { takesSecrets } from './log-ins.js';
import type { ApiRequest } from './request.js';

/** Notes in the audit trail what each request did that may change something, and each log-in. */
export function noteDeeds(fastify: FastifyInstance, trail: AuditTrail): void {
  /** By method and route: there are as many as the router has. */
  const known = new Map<string, RouteDeed | undefined>();
  const deedOfRequest = ({ method, routeOptions: { url } }: ApiRequest): RouteDeed | undefined => {
    // What has no route changes nothing.
    if (url === undefined) return undefined;
    const key = `${method} ${url}`;
    if (!known.has(key)) known.set(key, deedOf(method, url));
    return known.get(key);
  };
  fastify.addHook('preSerialization', (raw, reply, payload, done) => {
    const request = raw as ApiRequest;
    if (reply.statusCode < 400 && deedOfRequest(request) !== undefined) request.answered = payload;
    done(null, payload);
  });
  // Not `onResponse`, which does not run for a client that disconnects before its answer: it has asked all the same.
  fastify.addHook('onSend', (raw, { statusCode }, payload, done) => {
    const request = raw as ApiRequest;
    const deed = deedOfRequest(request);
    // Behind the answer, which waits for nothing of it.
    if (deed !== undefined && wasHeard(request, statusCode)) setImmediate(() => note(trail, request, deed, statusCode));
    done(null, payload);
  });
}

/**
 * Whether a request got far enough to be noted. One without a valid token, or over a rate limit, was not tried, and
 * anybody could fill the trail with such requests. keystonemiddleware's audit filter runs after the token check, too.
 */
function wasHeard({ method, routeOptions, context }: ApiRequest, status: number): boolean {
  if (status === 429) return false;
  return status !== 401 || context !== undefined || takesSecrets(method, routeOptions.url ?? '');
}

function note(trail: AuditTrail, request: ApiRequest, deed: RouteDeed, status: number): void {
  const { service, resource, verb, part } = deed;
  const done = verb === 'update' && status === 201 ? 'create' : verb;
  const what = part === '*' ? memberOf(request.body) : part;
  trail.note({
    requestId: request.requestId,
    initiator: initiatorOf(request, verb),
    service,
    resource,
    action: what === undefined ? done : `${done}/${what}`,
    targetId: targetOf(request, deed),
    path: safePath(request.originalUrl),
    status,
  });
}

type Members = Readonly<Record<string, unknown>>;
const membersOf = (value: unknown): Members | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
const member = (value: unknown, name: string): unknown => {
  const members = membersOf(value);
  return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
};
const textOf = (value: unknown, name: string): string | undefined => {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
};

/** What an action is called: the name of the body's one member. What is no name of one says nothing. */
function memberOf(body: unknown): string | undefined {
  const [name, ...others] = Object.keys(membersOf(body) ?? {});
  return name !== undefined && others.length === 0 && /^[\w:-]{1,64}$/.test(name) ? name : undefined;
}

function targetOf({ params, answered }: ApiRequest, { target, verb, service }: RouteDeed): string | undefined {
  const given = params as Readonly<Record<string, string | undefined>>;
  if (service === 'object-store') {
    const named = [given['account'], given['container'], given['*']].filter((part) => part !== undefined);
    return named.join('/');
  }
  if (verb === 'authenticate') return textOf(issuedIn(answered), 'id') ?? auditIdOf(answered);
  const made = verb === 'create' ? (idIn(answered) ?? idIn(Object.values(membersOf(answered) ?? {})[0])) : undefined;
  return made ?? (target === undefined ? undefined : given[target]);
}
const idIn = (value: unknown): string | undefined =>
  textOf(value, 'id') ?? textOf(value, 'uuid') ?? textOf(value, 'name');

/** What an answer says of the token that was just issued: a session of the dashboard says it without an envelope. */
const issuedIn = (answered: unknown): unknown => {
  const { token, audit_ids: ids } = membersOf(answered) ?? {};
  return ids === undefined ? token : answered;
};

/** The audit id of a token that was just issued. */
function auditIdOf(answered: unknown): string | undefined {
  const ids = member(issuedIn(answered), 'audit_ids');
  return Array.isArray(ids) && typeof ids[0] === 'string' ? ids[0] : undefined;
}

function initiatorOf(request: ApiRequest, verb: RouteDeed['verb']): Initiator {
  const from = { address: request.address, agent: request.headers['user-agent'] };
  const { context, credentials } = request;
  if (context !== undefined)
    return {
      ...from,
      id: context.userId,
      projectId: context.projectId || undefined,
      domainId: credentials?.domain_id ?? undefined,
      auditId: context.auditId,
    };
  if (verb !== 'authenticate') return from;
  const token = issuedIn(request.answered);
  if (token === undefined) return { ...from, ...claimed(request.body) };
  return {
    ...from,
    id: textOf(member(token, 'user'), 'id'),
    projectId: textOf(member(token, 'project'), 'id'),
    domainId: textOf(member(token, 'domain'), 'id'),
    auditId: auditIdOf(request.answered),
  };
}

/** The user whom a failed log-in named: it shows whose password is being guessed. Nothing else of the body is noted. */
function claimed(body: unknown): Pick<Initiator, 'id' | 'name'> {
  const username = textOf(body, 'username');
  if (username !== undefined) return { name: username };
  const identity = member(member(body, 'auth'), 'identity');
  const users = Object.values(membersOf(identity) ?? {}).map((proof) => member(proof, 'user'));
  const user = users.find((one) => membersOf(one) !== undefined);
  return { id: textOf(user, 'id'), name: textOf(user, 'name') };
}

/** Parameters of a query that open something: Swift's temporary URLs, and what was meant for a header or a body. */
const OPENS = /sig(nature)?$|key$|code|otp|pass/i;

/** A path whose query has no secrets. */
export function safePath(url: string): string {
  const [path = '', query] = url.split('?', 2);
  if (query === undefined) return path;
  const safe = query.split('&').map((pair) => {
    const [written = ''] = pair.split('=');
    const name = plain(written);
    return isSecret(name) || OPENS.test(name) ? `${written}=***` : pair;
  });
  return `${path}?${safe.join('&')}`;
}

/** A parameter's name as the handlers read it, however it is escaped. One that cannot be read names nothing. */
function plain(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
