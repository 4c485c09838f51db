import { badRequest } from '../kernel/errors.js';
import type { Where } from '../kernel/resource/spec.js';

/**
 * The filter `metadata={'key': 'value'}`: a dictionary as Python writes it, whose pairs a volume must all have.
 * @throws 400 for anything else
 */
export function metadataFilter(values: readonly string[]): Where {
  const pairs = Object.entries(dictionaryOf(values.at(-1) ?? ''));
  return { AND: pairs.map(([key, value]) => ({ metadata: { path: [key], equals: value } })) };
}

/** A quoted text or a sign. It is matched place by place: a search would begin again at each quote of one that is not closed. */
const TOKEN = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([{}:,]))/y;

function dictionaryOf(text: string): Record<string, string> {
  const refused = badRequest(`Invalid input received: Invalid metadata filter ${text}.`);
  const given = text.trimEnd();
  const token = new RegExp(TOKEN);
  const strings: string[] = [];
  let signs = '';
  while (token.lastIndex < given.length) {
    const [, single, double, sign] = token.exec(given) ?? [];
    const quoted = single ?? double;
    if (quoted !== undefined) strings.push(quoted.replaceAll(/\\(.)/g, '$1'));
    else if (sign === undefined) throw refused;
    signs += sign ?? 'x';
  }
  if (!/^\{(x:x(,x:x)*,?)?\}$/.test(signs)) throw refused;
  return Object.fromEntries(
    strings.flatMap((key, i): [string, string][] => (i % 2 === 0 ? [[key, strings[i + 1]!]] : [])),
  );
}
