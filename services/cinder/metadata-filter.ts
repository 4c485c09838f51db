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

const QUOTED = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g;

function dictionaryOf(text: string): Record<string, string> {
  const refused = badRequest(`Invalid input received: Invalid metadata filter ${text}.`);
  // What is left without its quoted texts are the signs between them.
  const strings = [...text.matchAll(QUOTED)].map((m) => (m[1] ?? m[2] ?? '').replaceAll(/\\(.)/g, '$1'));
  const signs = text.replaceAll(QUOTED, 'x').replaceAll(/\s/g, '');
  if (!/^\{(x:x(,x:x)*,?)?\}$/.test(signs)) throw refused;
  return Object.fromEntries(
    strings.flatMap((key, i): [string, string][] => (i % 2 === 0 ? [[key, strings[i + 1]!]] : [])),
  );
}
