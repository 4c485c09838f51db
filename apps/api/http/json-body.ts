import { isUtf8 } from 'node:buffer';

/** No body of OpenStack's is more than ten deep, and what reads a body recurses into it. */
const MAX_DEPTH = 32;
/**
 * Each key costs time wherever a body is copied, checked or logged, and a MiB holds 200,000 of them. OpenStack's largest
 * bodies (Placement's, some ten keys for each consumer) have less than a twentieth of this limit. It leaves a server with
 * tens of thousands of networks to Nova, which says how many devices it may have.
 */
const MAX_KEYS = 50_000;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads a JSON body that can be worked with: PostgreSQL stores neither a NUL nor half a surrogate pair, no column holds
 * a number without end (1e999), and `__proto__` would change what it is copied into.
 * @returns undefined for an empty body, which clients send as JSON with a DELETE: it is none
 * @throws SyntaxError, which is answered as a malformed body
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new SyntaxError('The body is not UTF-8.');
  const text = bytes.toString('utf8');
  checkDepth(text);
  const body: unknown = JSON.parse(text);
  checkValues(body, { keys: 0 });
  return body;
}

/** Counts brackets outside of strings, before anything recurses. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') i = endOfString(text, i);
    else if (c === '[' || c === '{') depth++;
    else if (c === ']' || c === '}') depth--;
    if (depth > MAX_DEPTH) throw new SyntaxError(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
}

/** The place of the quote that ends the string which begins at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

function checkValues(value: unknown, seen: { keys: number }): void {
  if (typeof value === 'string') checkText(value);
  else if (typeof value === 'number' && !Number.isFinite(value)) throw new SyntaxError('A number is too large.');
  else if (Array.isArray(value)) for (const item of value) checkValues(item, seen);
  else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    seen.keys += members.length;
    if (seen.keys > MAX_KEYS) throw new SyntaxError(`The body has more than ${MAX_KEYS} keys.`);
    for (const [key, inner] of members) {
      if (key === '__proto__') throw new SyntaxError('The body has a key that is not allowed.');
      checkText(key);
      checkValues(inner, seen);
    }
  }
}

function checkText(text: string): void {
  if (text.includes('\0')) throw new SyntaxError('The body holds a NUL.');
  if (LONE_SURROGATE.test(text)) throw new SyntaxError('The body holds half a surrogate pair.');
}
