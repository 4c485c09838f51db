/** A piece of JSON text that JSON.stringify would not write: 1e999, a lone surrogate, a key that is there twice. */
export class Raw {
  constructor(readonly text: string) {}
}

/** JSON as it is sent, with its raw pieces. */
export function toText(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(toText).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([k, v]) => `${JSON.stringify(k)}:${toText(v)}`)
      .join(',')}}`;
  return JSON.stringify(value ?? null);
}

const raw = (text: string): Raw => new Raw(text);
const nested = (open: string, close: string, depth: number): Raw => raw(open.repeat(depth) + close.repeat(depth));
export const MISSING = '11111111-2222-3333-4444-555555555555';

/** Texts that stand in bodies, queries and paths. */
export const BAD_TEXTS: readonly string[] = [
  ['', ' ', ' x', 'x ', 'None', 'null', 'true', '-1', '-5', '0', '1.5', '1e5', '1e30', '1e999', 'NaN', 'Infinity'],
  ['0x10', '１２', '2147483647', '2147483648', '-2147483649', '9223372036854775808', '9'.repeat(20), '9'.repeat(400)],
  ['x'.repeat(255), 'x'.repeat(256), 'ü'.repeat(255), '😀'.repeat(255), 'x'.repeat(3_000)],
  ['a\nb', 'a\tb', 'a\u0001b', 'a\u007fb', 'a/b', 'a%2Fb', '..', '../../etc/passwd', '.', "'", '"', "' OR 1=1 --"],
  ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '$(id)', '`id`', '%s%n', '{{7*7}}', '\\'],
  ['garbage', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00Z', '2026-02-30T00:00:00Z', '0000-00-00', 'yesterday'],
  ['9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '2026-01-01T00:00:00+99:99', '10.0.0.5/24', '999.1.1.1', '::'],
  [
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.1',
    'fe80::1%lo',
    '::ffff:10.0.0.1',
    'ff:ff:ff:ff:ff:ff',
    'ssh-rsa AAAA x',
  ],
  [MISSING, MISSING.toUpperCase(), MISSING.replaceAll('-', ''), 'in:a,b', 'in:"', 'gt:5', '(', '[', '^.*$', '*', '%'],
].flat();

/** Values that stand in JSON where something else belongs. */
export const BAD_VALUES: readonly unknown[] = [
  [null, true, false, 0, -1, 1.5, [], {}, [[]], [null], [{}], { x: 1 }, 2_147_483_648, -2_147_483_649, 2 ** 53],
  ['NaN', 'Infinity', '1e999', '-1e999', '1e30', '-0', '1E400', '9223372036854775808', '99999999999999999999'].map(raw),
  [raw('1'.repeat(400)), raw('0.'.padEnd(400, '3')), raw('-1099511627776'), raw('01'), raw('+1'), raw('.5')],
  ['"\\ud800"', '"a\\udc00b"', '"\\udfff\\ud800"', '"a\\u0000b"', '"\\u0001"', '"\u0001"', '"\\x"', "'x'"].map(raw),
  [nested('[', ']', 40), nested('[', ']', 5_000), nested('[', ']', 200_000), nested('{"a":', '}', 5_000)],
  [raw('{"__proto__":{"x":1}}'), raw('{"constructor":{"prototype":{"x":1}}}'), raw('{"toString":null}')],
  [raw('{"\\ud800":"x"}'), raw('{"":""}'), raw('{"a":1,"a":2}'), raw(`[${'0,'.repeat(20_000)}0]`)],
  ['x'.repeat(70_000), 'x'.repeat(500_000), '\ufffe\uffff', '\u202e'],
].flat();

/** Queries that no client would write. */
export const BAD_QUERIES: readonly string[] = [
  [
    '%zz',
    '%',
    '=',
    '&&&',
    'a[b]=c',
    'a[]=1&a[]=2',
    '__proto__=1',
    'constructor=1',
    '%00',
    'x=%00',
    'x=%ff',
    'x=%ed%a0%80',
  ],
  ['name=%ff%fe', 'name=%ed%a0%80', 'name=%00', '?x=1', 'x=' + 'y'.repeat(6_000), 'limit=1&limit=2&limit=x'],
  ['name=a&name=b', 'toString=1', 'marker=', 'limit=', 'sort_key=', 'fields=__proto__', 'name[$ne]=x', 'x#y', ';'],
].flat();

export const CONTENT_TYPES: readonly string[] = [
  ['application/json; charset=utf-8', 'application/json;charset=utf-16', 'APPLICATION/JSON', 'application/json;;;'],
  ['application/octet-stream', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
  ['', 'garbage', '*/*', 'application/', 'application/json, text/plain', 'application/vnd.openstack.compute+json'],
  [
    'application/openstack-images-v2.1-json-patch',
    'image/png',
    'application/octet-stream; charset=x',
    'application/jsonx',
  ],
].flat();

/** Headers that are odd by themselves, as lines of a request. */
export const ODD_HEADERS: readonly string[] = [
  ['accept: text/html', 'accept: garbage/;;', 'accept-encoding: gzip', 'content-encoding: gzip', 'expect: 200-ok'],
  ['expect: 100-continue', 'x-auth-token: again', 'x-subject-token: nonsense', 'range: bytes=5-1', 'if-none-match: *'],
  [
    'openstack-api-version: compute latest',
    'openstack-api-version: compute 2.1',
    'openstack-api-version: compute 2.999',
  ],
  [
    'openstack-api-version: compute 99999999999999999999.1',
    'openstack-api-version: garbage',
    'x-openstack-nova-api-version: 2',
  ],
  [
    'openstack-api-version: compute',
    'host: evil.example',
    'x-forwarded-for: 1.2.3.4',
    'cookie: a=b',
    'origin: http://evil.example',
  ],
  [
    'x-object-meta-a: \u00ff',
    'etag: x',
    'x-copy-from: /c/o',
    'upgrade: websocket',
    'connection: upgrade',
    `x-long: ${'y'.repeat(9_000)}`,
  ],
  [
    'openstack-api-version: placement 1.99',
    'openstack-api-version: volume 3.70',
    'authorization: Basic eDp5',
    'te: trailers',
  ],
].flat();

export const METHODS: readonly string[] = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'COPY',
  'FOO',
];
