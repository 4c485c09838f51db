import type { Route } from '#apps/api/http/routes';
import type { Chance } from './chance.js';
import { sampleBody, type Names } from './samples.js';
import {
  BAD_QUERIES,
  BAD_TEXTS,
  BAD_VALUES,
  CONTENT_TYPES,
  METHODS,
  MISSING,
  ODD_HEADERS,
  QUERY_NAMES,
  Raw,
  toText,
} from './values.js';
import type { WireRequest } from './wire.js';

/** Somebody who sends requests, and what he may break. */
export interface Sender {
  readonly name: 'nobody' | 'member' | 'admin';
  readonly token: string | undefined;
  readonly names: Names;
  /** Ids of things that may be changed and deleted, by a part of the path that they belong to. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
}

/** What is not asked of a route, and why. */
const LEFT_OUT: readonly { readonly route: RegExp; readonly who?: Sender['name']; readonly why: string }[] = [
  { route: /^\w+ \/internal\/faults/, why: 'it breaks the cloud on purpose' },
  { route: /^DELETE .*\/os-services\//, who: 'admin', why: 'it takes away a host that the tests stand on' },
  { route: /^POST \/internal\/audit$/, who: 'admin', why: 'each good one looks through the whole cloud for seconds' },
];

export const isLeftOut = (route: string, who: Sender['name']): boolean =>
  LEFT_OUT.some((l) => l.route.test(route) && (l.who === undefined || l.who === who));

/** A request to the route with something bad in it, or with nothing bad at all, since the good ones make what is then deleted. */
export function badRequestTo(route: Route, sender: Sender, chance: Chance): WireRequest {
  const key = `${route.method} ${route.path}`;
  const method = chance.oneIn(15) ? otherMethod(route, chance) : route.method;
  const target = pathOf(route.path, sender, chance) + queryOf(chance);
  const { text, type } = bodyOf(key, method, sender, chance);
  const body = Buffer.from(text, 'utf8');
  const headers = [`host: cloud`, ...framing(body, chance)];
  const token = chance.oneIn(25) ? chance.pick(['', 'nonsense', 'gAAAA\u00ff', 'x'.repeat(5_000)]) : sender.token;
  if (token !== undefined) headers.push(`x-auth-token: ${token}`);
  if (type !== undefined) headers.push(`content-type: ${type}`);
  headers.push(
    `openstack-api-version: ${
      chance.oneIn(3)
        ? `compute 2.${chance.below(110)}, placement 1.${chance.below(42)}`
        : 'compute 2.104, placement 1.39'
    }`,
  );
  if (chance.oneIn(6)) headers.push(chance.pick(ODD_HEADERS));
  const cut = body.length > 0 && chance.oneIn(40);
  if (cut) return { method, target, headers, body: body.subarray(0, chance.below(body.length)), cut };
  return { method, target, headers, body: chunkedIf(headers, body, chance) };
}

/** Deleting in place of showing would take what the tests stand on, so only methods that the path has not. */
function otherMethod(route: Route, chance: Chance): string {
  const other = chance.pick(METHODS);
  return other === 'DELETE' || other === 'PATCH' || other === 'PUT' ? route.method : other;
}

function pathOf(path: string, sender: Sender, chance: Chance): string {
  const filled = path.split('/').map((part, i, parts) => {
    if (part !== '*' && !part.startsWith(':')) return part;
    if (part === ':account' && !chance.oneIn(5)) return `AUTH_${sender.names.project}`;
    const own = sender.ids.get(parts.slice(0, i).findLast((p) => sender.ids.has(p)) ?? '') ?? [];
    if (own.length > 0 && !chance.oneIn(3)) return encodeURIComponent(chance.pick(own));
    const text = chance.oneIn(2) ? MISSING : chance.pick([...BAD_TEXTS, ...sender.ids.values()].flat());
    return chance.oneIn(12)
      ? chance.pick(['%zz', '%', '%ff', '%ed%a0%80', '%00', '%2e%2e', '%2F', '%c3%28', 'a%20b', '\u00e9'])
      : encodeURIComponent(text);
  });
  const target = filled.join('/') || '/';
  return chance.oneIn(60)
    ? chance.pick([`${target}/`, `/${target}`, `${target}/x/y`, `http://cloud${target}`, `${target};x=1`])
    : target;
}

function queryOf(chance: Chance): string {
  if (!chance.oneIn(3)) return '';
  if (chance.oneIn(4)) return `?${chance.pick(BAD_QUERIES)}`;
  const pair = (): string =>
    `${encodeURIComponent(chance.pick(QUERY_NAMES))}=${encodeURIComponent(chance.pick(BAD_TEXTS))}`;
  return `?${Array.from({ length: 1 + chance.below(3) }, pair).join('&')}`;
}

function bodyOf(key: string, method: string, sender: Sender, chance: Chance): { text: string; type?: string } {
  if (['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(method) && !chance.oneIn(15)) return { text: '' };
  const json =
    key === 'PATCH /image/v2/images/:id' ? 'application/openstack-images-v2.1-json-patch' : 'application/json';
  const type = chance.oneIn(12) ? chance.pick(CONTENT_TYPES) : json;
  if (key.endsWith('/file') || key.includes('object-store'))
    return { text: 'x'.repeat(chance.below(2_000)), type: chance.oneIn(6) ? type : 'application/octet-stream' };
  const good = sampleBody(key, sender.names, `fuzz-${chance.below(2 ** 31)}`);
  const kind = chance.below(12);
  if (kind === 0) return { text: toText(chance.pick(BAD_VALUES)), type };
  if (kind === 1) return { text: toText(good).slice(0, chance.below(60)), type };
  if (kind === 2) return { text: toText(good).replace(/"(\w+)":/, '"$1":null,"$1":'), type };
  if (kind === 3)
    return {
      text: toText(good).replace('{', chance.pick(['{"__proto__":{"a":1},', '{"constructor":1,', '{"x":1,'])),
      type,
    };
  if (kind === 4) return { text: toText(good), type };
  const changes = chance.oneIn(4) ? 2 : 1;
  let body: unknown = good;
  for (let i = 0; i < changes; i++) body = changed(body, sender, chance);
  return { text: toText(body), type };
}

/** The value with one leaf, or one branch, in it changed; the deeper, the likelier. */
function changed(value: unknown, sender: Sender, chance: Chance): unknown {
  const isBranch = typeof value === 'object' && value !== null && !(value instanceof Raw);
  if (!isBranch || chance.oneIn(10)) return badValue(value, sender, chance);
  if (Array.isArray(value)) {
    if (value.length === 0 || chance.oneIn(10))
      return chance.oneIn(2) ? [] : Array.from({ length: 60 }, () => value[0] as unknown);
    const at = chance.below(value.length);
    return value.map((v: unknown, i) => (i === at ? changed(v, sender, chance) : v));
  }
  const keys = Object.keys(value);
  const key = chance.pick(keys);
  if (keys.length === 0 || chance.oneIn(15)) return { ...value, [chance.pick(BAD_TEXTS)]: chance.pick(BAD_VALUES) };
  if (chance.oneIn(12)) return Object.fromEntries(Object.entries(value).filter(([k]) => k !== key));
  return { ...value, [key]: changed((value as Record<string, unknown>)[key], sender, chance) };
}

function badValue(good: unknown, sender: Sender, chance: Chance): unknown {
  const ids = [...sender.ids.values()].flat();
  // A text where a text belongs comes further than what the schema refuses at once.
  if (typeof good === 'string' && chance.oneIn(2)) return chance.pick(chance.oneIn(4) ? ids : BAD_TEXTS);
  if (typeof good === 'number' && chance.oneIn(3))
    return chance.pick(BAD_TEXTS.filter((t) => /^[-\d.]+(e\d+)?$/.test(t)));
  return chance.pick(BAD_VALUES);
}

function framing(body: Buffer, chance: Chance): string[] {
  if (body.length === 0) return chance.oneIn(2) ? [] : ['content-length: 0'];
  if (chance.oneIn(15)) return ['transfer-encoding: chunked'];
  if (chance.oneIn(60)) return [`content-length: ${body.length}`, 'transfer-encoding: chunked'];
  if (chance.oneIn(60)) return [`content-length: ${chance.pick(['-1', 'x', '1e3', '99999999999'])}`];
  return [`content-length: ${body.length}`];
}

function chunkedIf(headers: readonly string[], body: Buffer, chance: Chance): Buffer {
  if (!headers.includes('transfer-encoding: chunked')) return body;
  if (chance.oneIn(3)) return Buffer.from('zz\r\nno chunk\r\n0\r\n\r\n');
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
}
