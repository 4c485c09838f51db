import type { IncomingHttpHeaders } from 'node:http';
import { OpenStackError } from '#services/kernel/errors';
import type { Listed, ObjectRecord } from '#services/swift/index';
import { micros } from '../http/links.js';

/** What Swift answers where there is no body. */
export const EMPTY = { 'content-type': 'text/html; charset=UTF-8' };

/** Seconds since 1970 with five decimals: Swift's own timestamps. */
export const timestamp = (date: Date): string => (date.getTime() / 1000).toFixed(5);
/** A second is the smallest unit of an HTTP date; Swift rounds up, so that it is never before the change. */
const httpDate = (date: Date): Date => new Date(Math.ceil(date.getTime() / 1000) * 1000);
export const lastModified = (date: Date): string => httpDate(date).toUTCString();

/** X-<kind>-Meta-* of an answer. */
export const metadataHeaders = (kind: string, metadata: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata as Record<string, string>).map(([name, value]) => [`x-${kind}-meta-${name}`, value]),
  );

export const describeObject = (object: ObjectRecord): Record<string, string> => ({
  ...(object.headers as Record<string, string>),
  ...metadataHeaders('object', object.metadata),
  'content-type': object.content_type,
  'content-length': object.size.toString(),
  'accept-ranges': 'bytes',
  etag: object.etag,
  'last-modified': lastModified(object.updated_at),
  'x-timestamp': timestamp(object.updated_at),
});

/** An ETag list of a condition, as `"a", W/"b"` or without the quotes; `*` is any. */
const matches = (list: string, etag: string): boolean =>
  list
    .split(',')
    .map((one) => one.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((one) => one === '*' || one === etag);

/**
 * Judges the conditions of a GET or HEAD (RFC 9110, 13.2.2).
 * @returns true when the client has it already: 304
 * @throws 412
 */
export function isUnmodified(headers: IncomingHttpHeaders, object: ObjectRecord): boolean {
  const failed = new OpenStackError(412, 'PreconditionFailed', 'A precondition for this request was not met.');
  const modified = httpDate(object.updated_at).getTime();
  const since = (date: string | undefined): number => (date === undefined ? NaN : Date.parse(date));
  if (headers['if-match'] !== undefined) {
    if (!matches(headers['if-match'], object.etag)) throw failed;
  } else if (modified > since(headers['if-unmodified-since'])) throw failed;
  if (headers['if-none-match'] !== undefined) return matches(headers['if-none-match'], object.etag);
  return modified <= since(headers['if-modified-since']);
}

const XML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => XML[character]!);
const FORMATS = { json: 'application/json', xml: 'application/xml', plain: 'text/plain' } as const;
type Format = keyof typeof FORMATS;

/** @throws 406 when the client takes none of the formats */
export function listFormat(format: string | undefined, accept: string | undefined): Format {
  if (format !== undefined) return format === 'json' || format === 'xml' ? format : 'plain';
  const wanted = (accept ?? '*/*').toLowerCase();
  if (wanted.includes('application/json')) return 'json';
  if (/(application|text)\/xml/.test(wanted)) return 'xml';
  if (/text\/(plain|\*)|\*\/\*/.test(wanted) || wanted.trim() === '') return 'plain';
  throw new OpenStackError(
    406,
    'NotAcceptable',
    'The resource is not available in a format acceptable to your browser.',
  );
}

interface Container {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
  readonly created_at: Date;
}
interface StoredObject {
  readonly name: string;
  readonly size: string;
  readonly etag: string;
  readonly content_type: string;
  readonly updated_at: Date;
}
type Item = Record<string, string | number>;

export const containerItem = (c: Container): Item => ({
  name: c.name,
  count: c.count,
  bytes: c.bytes,
  last_modified: micros(c.created_at),
});
export const objectItem = (o: StoredObject): Item => ({
  name: o.name,
  hash: o.etag,
  bytes: Number(o.size),
  content_type: o.content_type,
  last_modified: micros(o.updated_at),
});

/** A listing in the format that was asked for: type and body, no body when there is nothing and the format has none. */
export function writeList<T>(
  format: Format,
  rows: readonly Listed<T>[],
  itemOf: (row: T) => Item,
  root: { readonly element: 'account' | 'container'; readonly name: string },
): { type: string; body: string | undefined } {
  const type = `${FORMATS[format]}; charset=utf-8`;
  const items = rows.map((row): Item => (row.subdir ? { subdir: row.shown } : itemOf(row)));
  if (format === 'json') return { type, body: JSON.stringify(items) };
  if (format === 'plain')
    return { type, body: items.length === 0 ? undefined : items.map((i) => `${i['subdir'] ?? i['name']}\n`).join('') };
  const child = root.element === 'account' ? 'container' : 'object';
  const elements = items.map((item) => {
    const subdir = item['subdir'];
    if (subdir !== undefined)
      return `<subdir name="${escape(String(subdir))}"><name>${escape(String(subdir))}</name></subdir>`;
    const fields = Object.entries(item).map(([field, value]) => `<${field}>${escape(String(value))}</${field}>`);
    return `<${child}>${fields.join('')}</${child}>`;
  });
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root.element} name="${escape(root.name)}">${elements.join('')}</${root.element}>`;
  return { type, body };
}
