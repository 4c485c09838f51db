import { OpenStackError, badRequest } from '#services/kernel/errors';
import type { ObjectKey } from '#services/swift/index';
import type { ApiRequest } from '../http/request.js';

export type Kind = 'account' | 'container' | 'object';

/** Object headers that Swift answers as they were sent (object-server.conf: allowed_headers). */
const KEPT_HEADERS = [
  'content-disposition',
  'content-encoding',
  'cache-control',
  'content-language',
  'expires',
  'x-robots-tag',
];
/**
 * What Swift, or a middleware that clouds usually have, acts on and this does not do: it is refused, because an object
 * that does not expire or a container that stays closed must not look like one that did what was asked.
 */
const REFUSED_HEADERS: Record<Kind, RegExp> = {
  object:
    /^x-(object-manifest|static-large-object|delete-(at|after|if-.*)|if-delete-at|symlink-target.*|detect-content-type|copy-from-account|object-meta-access-control-.*)$/,
  container:
    /^x-(container-(read|write|sync-to|sync-key)|versions-(location|enabled)|history-location|container-meta-(quota-(bytes|count)|temp-url-key(-2)?|access-control-.*|web-.*))$/,
  account: /^x-(account-access-control|account-meta-(quota-bytes|temp-url-key(-2)?)|account-quota-bytes-policy-.*)$/,
};
const REFUSED_QUERIES = new Set([
  'multipart-manifest',
  'symlink',
  'version-id',
  'versions',
  'extract-archive',
  'bulk-delete',
  'temp_url_sig',
  'temp_url_expires',
]);
/** The one storage policy, under Swift's name for it. */
export const STORAGE_POLICY = 'Policy-0';

export const notImplemented = (what: string): OpenStackError =>
  new OpenStackError(501, 'NotImplemented', `The requested method is not implemented by this server: ${what}.`);

/** @throws 501 for a query that Swift acts on and this does not */
export function refuseQueries(request: ApiRequest): void {
  const query = Object.keys(request.query as object).find((name) => REFUSED_QUERIES.has(name.toLowerCase()));
  if (query !== undefined) throw notImplemented(`the query parameter ${query}`);
}

/** The same for headers of a request that writes. An empty value takes away what is never there, and is fine. */
export function refuseHeaders(request: ApiRequest, kind: Kind): void {
  const header = Object.entries(request.headers).find(([name, value]) => value && REFUSED_HEADERS[kind].test(name));
  if (header) throw notImplemented(`the header ${header[0]}`);
  const policy = request.headers['x-storage-policy'];
  if (kind === 'container' && policy !== undefined && policy !== STORAGE_POLICY)
    throw badRequest(`Invalid X-Storage-Policy '${String(policy)}'`);
}

/** X-<kind>-Meta-* by name without the prefix; for accounts and containers X-Remove-* is an empty value. */
export function metadataOf({ headers }: ApiRequest, kind: Kind): Record<string, string> {
  const [prefix, removing] = [`x-${kind}-meta-`, `x-remove-${kind}-meta-`];
  const metadata: Record<string, string> = {};
  for (const [name, raw] of Object.entries(headers)) {
    const value = String(raw);
    if (name.startsWith(prefix)) {
      if (kind !== 'object' && !isUtf8(name + value)) throw badRequest('Metadata must be valid UTF-8');
      metadata[name.slice(prefix.length)] = value;
    } else if (kind !== 'object' && name.startsWith(removing)) metadata[name.slice(removing.length)] = '';
  }
  return metadata;
}

/** Node reads the bytes of a header as Latin-1. */
const isUtf8 = (header: string): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
    return true;
  } catch {
    return false;
  }
};

export const keptHeaders = ({ headers }: ApiRequest): Record<string, string> =>
  Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );

/**
 * Container and object of a request's URL. The router takes a slash off the end, and `folder/` and `folder` are two
 * objects: the name is read from the URL as it came.
 */
export function objectOf(request: ApiRequest, project_id: string): ObjectKey {
  const [, , , , container = '', ...name] = (request.url.split('?')[0] ?? '').split('/');
  return { project_id, container: unquote(container), name: unquote(name.join('/')) };
}

/** `/container/object` or `container/object` in a header. @throws 412 in Swift's words for anything else */
export function objectInHeader(
  request: ApiRequest,
  header: 'x-copy-from' | 'destination',
  project_id: string,
): ObjectKey {
  const shown = header === 'destination' ? 'Destination' : 'X-Copy-From';
  const path = unquote(String(request.headers[header]).split('?')[0] ?? '').replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1)
    throw new OpenStackError(
      412,
      'PreconditionFailed',
      `${shown} header must be of the form <container name>/<object name>`,
    );
  return { project_id, container: path.slice(0, slash), name: path.slice(slash + 1) };
}

function unquote(text: string): string {
  try {
    const name = decodeURIComponent(text);
    if (!name.includes('\0')) return name;
  } catch {
    // The same answer as for a NUL.
  }
  throw new OpenStackError(412, 'PreconditionFailed', 'Invalid UTF8 or contains NULL');
}
