import fc from 'fast-check';
import type { Route } from '#apps/api/http/routes';
import { bodiesOf } from './bodies.js';
import { sampleBody, type Names } from './samples.js';
import { OWN_THINGS, type Schema, type Values } from './schemas.js';
import { BAD_QUERIES, BAD_TEXTS, CONTENT_TYPES, METHODS, MISSING, ODD_HEADERS } from './values.js';
import type { WireRequest } from './wire.js';

/** Somebody who sends requests, and what he may break. */
export interface Sender {
  readonly name: 'nobody' | 'member' | 'admin';
  readonly token: string | undefined;
  readonly names: Names;
  /** Ids of things that may be changed and deleted, by a part of the path that they belong to. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
}

/** What the OpenAPI document says of a route's requests. */
export interface Described {
  readonly body?: Schema | undefined;
  readonly query: readonly { readonly name: string; readonly schema: Schema }[];
}

/** A request as it is drawn: its ids are filled in when it is sent, so that the same seed draws the same again. */
export interface Draft {
  readonly method: string;
  /** A part that is a number is that one of the sender's things of the part before. */
  readonly path: readonly (string | number)[];
  readonly after: string;
  readonly text: string;
  readonly type: string | undefined;
  /** In place of the sender's own. */
  readonly token: string | undefined;
  readonly version: string;
  readonly odd: string | undefined;
  readonly framing: 'length' | 'none' | 'chunked' | 'no chunk' | 'both' | 'wrong length';
  readonly wrongLength: string;
  /** How much of the body is sent before the client leaves. */
  readonly cut: number | undefined;
}

/** What is not asked of a route, and why. */
const LEFT_OUT: readonly { readonly route: RegExp; readonly who?: Sender['name']; readonly why: string }[] = [
  { route: /^\w+ \/internal\/faults/, why: 'it breaks the cloud on purpose' },
  { route: /^DELETE .*\/os-services\//, who: 'admin', why: 'it takes away a host that the tests stand on' },
  { route: /^DELETE \/dashboard\/session$/, why: 'it ends the token by which everything else is asked' },
  { route: /^POST \/internal\/audit$/, who: 'admin', why: 'each good one looks through the whole cloud for seconds' },
];

export const isLeftOut = (route: string, who: Sender['name']): boolean =>
  LEFT_OUT.some((l) => l.route.test(route) && (l.who === undefined || l.who === who));

/** Something odd once in `n` times; a finding is shrunk to a request without it. */
const rarely = <T>(n: number, odd: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { withCrossShrink: true },
    { weight: n - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: odd },
  );

/** Requests to the route: good ones, since they make what is then deleted, and ones with something bad in them. */
export function draftsOf(route: Route, described: Described, sender: Sender, values: Values): fc.Arbitrary<Draft> {
  const version = fc
    .tuple(fc.nat(110), fc.nat(42), fc.nat(72))
    .map(([compute, placement, volume]) => `compute 2.${compute}, placement 1.${placement}, volume 3.${volume}`);
  return fc
    .record({
      method: rarely(15, otherMethods),
      path: pathsOf(route.path, sender),
      odd: rarely(40, fc.constantFrom('/', '/x/y', ';x=1')),
      query: queriesOf(described),
      body: contentOf(route, described, sender, values),
      token: rarely(25, fc.constantFrom('', 'nonsense', 'gAAAA\u00ff', 'x'.repeat(5_000))),
      version: rarely(3, version),
      header: rarely(6, fc.constantFrom(...ODD_HEADERS)),
      framing: rarely(10, fc.constantFrom('chunked', 'no chunk', 'both', 'wrong length')),
      wrongLength: fc.constantFrom('-1', 'x', '1e3', '99999999999'),
      cut: rarely(40, fc.double({ min: 0, max: 1, noNaN: true })),
      bodiless: fc.boolean(),
    })
    .map(({ method, odd, query, body, version: asked, header, framing, bodiless, ...same }): Draft => {
      const chosen = method ?? route.method;
      const mayHave = !['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(chosen) || body.anyway !== undefined;
      const text = mayHave ? body.text : '';
      return {
        ...same,
        method: chosen,
        after: (odd ?? '') + query,
        text,
        type: text === '' ? undefined : body.type,
        version: asked ?? 'compute 2.104, placement 1.39',
        odd: header,
        framing: framing ?? (text === '' && bodiless ? 'none' : 'length'),
      };
    });
}

/** Deleting in place of showing would take what the tests stand on, so only methods that the path has not. */
const otherMethods = fc.constantFrom(...METHODS.filter((method) => !['DELETE', 'PATCH', 'PUT'].includes(method)));

/** Texts in a path that name nothing. */
const PATH_TEXTS = fc.oneof(
  { weight: 6, arbitrary: fc.constant(MISSING) },
  { weight: 4, arbitrary: fc.constantFrom(...BAD_TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }) },
);
const PATH_PARTS = fc.oneof(
  { weight: 12, arbitrary: PATH_TEXTS.map((text) => encodeURIComponent(text)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%zz', '%', '%ff', '%ed%a0%80', '%00', '%2e%2e', '%2F', '%c3%28', 'a%20b', '\u00e9'),
  },
);

function pathsOf(path: string, sender: Sender): fc.Arbitrary<readonly (string | number)[]> {
  const parts = path.split('/').map((part): fc.Arbitrary<string | number> => {
    if (part !== '*' && !part.startsWith(':')) return fc.constant(part);
    const own = part === ':account' ? fc.constant(`AUTH_${sender.names.project}`) : fc.nat(40);
    return fc.oneof({ weight: 3, arbitrary: own }, { weight: 1, arbitrary: PATH_PARTS });
  });
  return fc.tuple(...parts);
}

const QUERY_TEXTS = fc.oneof(fc.constantFrom(...BAD_TEXTS), fc.string({ maxLength: 20 }));

function queriesOf({ query }: Described): fc.Arbitrary<string> {
  const names = [...query.map(({ name }) => name), 'limit', 'marker', 'sort_key', 'fields', 'unknown'];
  const ordinary = (schema: Schema): fc.Arbitrary<string> => {
    const { type, enum: words, items } = schema;
    if (items !== undefined) return ordinary(items);
    if (words !== undefined) return fc.constantFrom(...words).map(String);
    if (type === 'integer') return fc.integer({ min: 0, max: 100 }).map(String);
    return type === 'boolean' ? fc.constantFrom('true', 'false', '1', '0', 'True') : QUERY_TEXTS;
  };
  const known = query.map(({ name, schema }) => fc.tuple(fc.constant(name), fc.oneof(ordinary(schema), QUERY_TEXTS)));
  const pair = fc.oneof(...known, fc.tuple(fc.constantFrom(...names), QUERY_TEXTS));
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 8, arbitrary: fc.constant('') },
    {
      weight: 5,
      arbitrary: fc
        .array(pair, { minLength: 1, maxLength: 3 })
        .map((pairs) => `?${pairs.map((both) => both.map(encoded).join('=')).join('&')}`),
    },
    { weight: 1, arbitrary: fc.constantFrom(...BAD_QUERIES).map((text) => `?${text}`) },
  );
}
/** Half a surrogate pair has no encoding. */
const encoded = (text: string): string => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''));

interface Content {
  readonly text: string;
  readonly type: string;
  /** Sent with a method that takes none. */
  readonly anyway: true | undefined;
}
function contentOf(route: Route, { body }: Described, sender: Sender, values: Values): fc.Arbitrary<Content> {
  const key = `${route.method} ${route.path}`;
  const isBytes = key.endsWith('/file') || key.includes('object-store');
  const [json, bytes] = ['application/json', 'application/octet-stream'];
  const patch = 'application/openstack-images-v2.1-json-patch';
  const usual = isBytes ? bytes : key === 'PATCH /image/v2/images/:id' ? patch : json;
  const good = fc.nat(2 ** 31).map((n) => sampleBody(key, sender.names, `fuzz-${n}`));
  const hasSample = sampleBody(key, sender.names, '') !== undefined;
  const text = isBytes
    ? fc.nat(2_000).map((length) => 'x'.repeat(length))
    : bodiesOf(body, hasSample ? good : undefined, values);
  return fc.record({
    text,
    type: rarely(12, fc.constantFrom(...CONTENT_TYPES)).map((odd) => odd ?? usual),
    anyway: rarely(15, fc.constant<true>(true)),
  });
}

/** A draft as its sender sends it now. */
export function requestOf(draft: Draft, sender: Sender): WireRequest {
  const { method, path, after, type, version, odd, framing, cut } = draft;
  const all = [...sender.ids.values()].flat();
  const parts = path.map((part, i) => {
    if (typeof part === 'string') return part;
    const before = path.slice(0, i).findLast((one) => typeof one === 'string' && sender.ids.has(one));
    const own = sender.ids.get(String(before ?? '')) ?? all;
    return encodeURIComponent(own[part % Math.max(1, own.length)] ?? MISSING);
  });
  const text = draft.text.replaceAll(OWN_THINGS, (_, n: string) => all[Number(n) % Math.max(1, all.length)] ?? MISSING);
  const body = Buffer.from(text, 'utf8');
  const chunked = ['transfer-encoding: chunked'];
  const length = `content-length: ${body.length}`;
  const framed = {
    length: [length],
    none: [],
    chunked,
    'no chunk': chunked,
    both: [length, ...chunked],
    'wrong length': [`content-length: ${draft.wrongLength}`],
  }[framing];
  const token = draft.token ?? sender.token;
  const headers = [
    'host: cloud',
    ...framed,
    ...(token === undefined ? [] : [`x-auth-token: ${token}`]),
    ...(type === undefined ? [] : [`content-type: ${type}`]),
    `openstack-api-version: ${version}`,
    ...(odd === undefined ? [] : [odd]),
  ];
  const target = (parts.join('/') || '/') + after;
  if (cut !== undefined && body.length > 0)
    return { method, target, headers, body: body.subarray(0, Math.floor(body.length * cut)), cut: true };
  if (framing === 'no chunk') return { method, target, headers, body: Buffer.from('zz\r\nno chunk\r\n0\r\n\r\n') };
  const chunks = [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')];
  return { method, target, headers, body: framing === 'chunked' && body.length > 0 ? Buffer.concat(chunks) : body };
}
