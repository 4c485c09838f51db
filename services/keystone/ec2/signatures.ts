import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { unauthorized } from '../../kernel/errors.js';

/** A request that somebody signed by an access key, as the service that got it passes it on. */
export interface Ec2Request {
  readonly access?: string | undefined;
  readonly signature?: string | undefined;
  readonly host?: string | undefined;
  readonly verb?: string | undefined;
  readonly path?: string | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body_hash?: string | undefined;
  /** S3: what was signed, in base64. */
  readonly token?: string | undefined;
}

type Hash = 'sha1' | 'sha256';
const hmac = (hash: Hash, key: string | Buffer, text: string | Buffer): Buffer =>
  createHmac(hash, key).update(text).digest();

/** @throws 401 unless the request is signed by the secret, with its host's port or without (keystone/api/ec2tokens.py) */
export function checkEc2Signature(secret: string, request: Ec2Request): void {
  const { signature, host = '' } = request;
  if (!signature) throw unauthorized();
  if (same(signature, ec2Signature(secret, request))) return;
  // Some clients leave the port out of what they sign.
  const bare = host.replace(/:\d+$/, '');
  if (bare === host || !same(signature, ec2Signature(secret, { ...request, host: bare }))) throw unauthorized();
}

/** @throws 401 unless what was signed is signed by the secret, as S3 does since its first version (keystone/api/s3tokens.py) */
export function checkS3Signature(secret: string, { token, signature }: Ec2Request): void {
  if (!token || !signature) throw unauthorized();
  const signed = Buffer.from(token, 'base64url');
  const expected = signed.subarray(0, 4).equals(Buffer.from('AWS4'))
    ? s3SignatureV4(secret, signed)
    : hmac('sha1', secret, signed).toString('base64');
  if (!same(signature, expected)) throw unauthorized();
}

function same(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** @throws 401 for a request of no known form */
function ec2Signature(secret: string, request: Ec2Request): string {
  const { params = {}, verb = '', host = '', path = '' } = request;
  switch (params['SignatureVersion']) {
    case '0':
      return hmac('sha1', secret, (params['Action'] ?? '') + (params['Timestamp'] ?? '')).toString('base64');
    case '1':
      return hmac('sha1', secret, allOf(params)).toString('base64');
    case '2': {
      const query = queryOf({ ...params, SignatureMethod: 'HmacSHA256' });
      return hmac('sha256', secret, `${verb}\n${host}\n${path}\n${query}`).toString('base64');
    }
    default:
      return ec2SignatureV4(secret, request);
  }
}

/** Version 1 signs names and values one after the other, by the names in small letters. */
function allOf(params: Readonly<Record<string, string>>): string {
  const small = (name: string): string => name.toLowerCase();
  return Object.keys(params)
    .toSorted((a, b) => (small(a) < small(b) ? -1 : small(a) > small(b) ? 1 : 0))
    .map((name) => name + params[name])
    .join('');
}

/** RFC 3986: all but letters, digits and `-._~` is encoded. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const queryOf = (params: Readonly<Record<string, string>>): string =>
  Object.keys(params)
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((name) => `${encoded(name)}=${encoded(params[name] ?? '')}`)
    .join('&');

const FOUR = 'AWS4-HMAC-SHA256';

/** What of version 4 is in the header Authorization, or in the query under the same name. */
function partOf({ headers = {}, params = {} }: Ec2Request, name: string): string {
  const header = headers['Authorization'];
  if (header === undefined) return params[`X-Amz-${name}`] ?? '';
  return (header.split(`${name}=`)[1] ?? '').split(',')[0] ?? '';
}

/** docs.aws.amazon.com/general/latest/gr/sigv4_signing.html */
function ec2SignatureV4(secret: string, request: Ec2Request): string {
  const { headers = {}, params = {}, verb = '', path = '', body_hash = '' } = request;
  if (!headers['Authorization']?.startsWith(FOUR) && params['X-Amz-Algorithm'] !== FOUR) throw unauthorized();
  const signed = partOf(request, 'SignedHeaders');
  const small = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase().trim(), value.trim()]));
  // A client of 2013 leaves the port out of what it signs.
  if (/^Boto\/2\.\d\.[0-2]/.test(small.get('user-agent') ?? '') && small.has('host'))
    small.set('host', small.get('host')!.split(':')[0] ?? '');
  const lines = signed.split(';').flatMap((name) => (small.has(name) ? [`${name}:${small.get(name)}`] : []));
  // A POST has its parameters in its body.
  const query = verb.toUpperCase() === 'POST' ? '' : queryOf(params);
  const canonical = [verb.toUpperCase(), path, query, `${lines.join('\n')}\n`, signed, body_hash].join('\n');
  const [, ...scope] = partOf(request, 'Credential').split('/');
  const [day = '', region = '', service = ''] = scope;
  const date = headers['X-Amz-Date'] ?? params['X-Amz-Date'] ?? '';
  if (day === '' || !date.startsWith(day)) throw unauthorized();
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = [FOUR, date, scope.join('/'), digest].join('\n');
  return hmac('sha256', keyOfV4(secret, { day, region, service }), text).toString('hex');
}

interface ScopeOfV4 {
  readonly day: string;
  readonly region: string;
  readonly service: string;
}
const keyOfV4 = (secret: string, { day, region, service }: ScopeOfV4): Buffer =>
  [day, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac('sha256', key, part),
    Buffer.from(`AWS4${secret}`),
  );

/** The services whose signatures a gateway of S3 passes on. */
const OF_S3: ReadonlySet<string> = new Set(['s3', 'iam', 'sts']);

function s3SignatureV4(secret: string, signed: Buffer): string {
  const lines = signed.toString().split('\n');
  const [day = '', region = '', service = '', end, ...more] = (lines[2] ?? '').split('/');
  if (lines.length !== 4 || lines[0] !== FOUR || end !== 'aws4_request' || more.length > 0 || !OF_S3.has(service))
    throw unauthorized();
  return hmac('sha256', keyOfV4(secret, { day, region, service }), signed).toString('hex');
}
