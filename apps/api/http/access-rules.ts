import { unauthorized } from '#services/kernel/errors';
import type { TokenInfo } from '#services/keystone/index';
import type { ApiRequest } from './request.js';

/** The services by the beginnings of their paths, each with its type in the catalog. */
const TYPES: Readonly<Record<string, string>> = {
  identity: 'identity',
  compute: 'compute',
  image: 'image',
  network: 'network',
  volume: 'volumev3',
  placement: 'placement',
  alarming: 'alarming',
  prometheus: 'metric-storage',
  metric: 'metric',
  'object-store': 'object-store',
};

/**
 * Refuses a request that the access rules of its application credential do not name (keystonemiddleware.auth_token:
 * validate_allowed_request). A rule's path is that of the service (`/v2.1/servers`) or the whole one that the catalog leads to
 * (`/compute/v2.1/servers`). A token can always be validated.
 * @throws 401 as it answers
 */
export function checkAccessRules({ method, originalUrl }: ApiRequest, { applicationCredential }: TokenInfo): void {
  const rules = applicationCredential?.accessRules;
  if (rules === undefined) return;
  const path = plain(originalUrl.split('?')[0] ?? '');
  const [, prefix = ''] = path.split('/');
  const type = Object.hasOwn(TYPES, prefix) ? TYPES[prefix] : undefined;
  if (method === 'GET' && path === '/identity/v3/auth/tokens') return;
  const paths = [path, path.slice(prefix.length + 1)];
  const named = rules.some(
    (rule) => rule.service === type && rule.method === method && paths.some((one) => matchesPath(rule.path, one)),
  );
  if (!named) throw unauthorized();
}

/** The path as the router reads it: a slash that is written as %2F stays a part of its segment. */
function plain(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

type Part = { readonly any: 'segment' | 'rest' } | { readonly letter: string };

/** `*` and `{name}` stand for one or more letters of a segment, `**` for whatever there is. */
const partsOf = (pattern: string): Part[] =>
  (pattern.match(/\{[^}]*\}|\*\*|\*|[^{}*]/gu) ?? []).map((part) =>
    part === '**' ? { any: 'rest' } : part === '*' || part.startsWith('{') ? { any: 'segment' } : { letter: part },
  );

/**
 * Whether a path is what a rule's pattern says. All places of the pattern are followed at once, so that it takes the pattern's length
 * times the path's and no more, whatever the user has written.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const parts = partsOf(pattern);
  /** The places of the pattern up to which the letters so far lead, with what stands for nothing passed over. */
  let places = onwards(parts, new Set([0]));
  for (const letter of path) {
    const next = new Set<number>();
    for (const place of places) {
      const part = parts[place];
      if (part === undefined) continue;
      if ('letter' in part) {
        if (part.letter === letter) next.add(place + 1);
      } else if (part.any === 'rest') next.add(place);
      else if (letter !== '/') next.add(place).add(place + 1);
    }
    places = onwards(parts, next);
  }
  return places.has(parts.length);
}

function onwards(parts: readonly Part[], places: ReadonlySet<number>): Set<number> {
  const all = new Set<number>();
  for (let place of places) {
    all.add(place);
    for (let part = parts[place]; part !== undefined && 'any' in part && part.any === 'rest'; part = parts[place])
      all.add(++place);
  }
  return all;
}
