import { METHODS_ACROSS } from '../reaggregate.js';
import { readNumber, readSpan, timesOr } from '../times.js';
import { GnocchiError, invalidInput } from '../words.js';

/** A metric, by its id or by a pattern of names, and an aggregation method that it keeps. */
export type Reference = readonly [metric: string, aggregation: string];

/** What is computed of series (gnocchi/rest/aggregates/operations.py), read and checked. */
export type Operation =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'metric'; readonly of: readonly Reference[] }
  | { readonly kind: 'call'; readonly name: string; readonly of: readonly Operation[] }
  | { readonly kind: 'aggregate'; readonly method: string; readonly of: Operation }
  | { readonly kind: 'resample'; readonly method: string; readonly span: number; readonly of: Operation }
  | { readonly kind: 'rolling'; readonly method: string; readonly window: number; readonly of: Operation };

type Binary = (a: number, b: number) => number;
const truth =
  (compare: (a: number, b: number) => boolean): Binary =>
  (a, b) =>
    Number(compare(a, b));
const ALIASES: readonly (readonly [names: readonly string[], does: Binary])[] = [
  [['=', '==', 'eq'], truth((a, b) => a === b)],
  [['<', 'lt'], truth((a, b) => a < b)],
  [['>', 'gt'], truth((a, b) => a > b)],
  [['<=', '≤', 'le'], truth((a, b) => a <= b)],
  [['>=', '≥', 'ge'], truth((a, b) => a >= b)],
  [['!=', '≠', 'ne'], truth((a, b) => a !== b)],
  // The rest has the sign of what it is divided by, as in Python.
  [['%', 'mod'], (a, b) => ((a % b) + b) % b],
  [['+', 'add'], (a, b) => a + b],
  [['-', 'sub'], (a, b) => a - b],
  [['*', '×', 'mul'], (a, b) => a * b],
  [['/', '÷', 'div'], (a, b) => a / b],
  [['**', '^', 'pow'], (a, b) => a ** b],
];
/** What two numbers come to. */
export const ARITHMETIC: ReadonlyMap<string, Binary> = new Map(
  ALIASES.flatMap(([names, does]) => names.map((name) => [name, does] as const)),
);
export const BINARY: ReadonlyMap<string, Binary> = new Map<string, Binary>([
  ...ARITHMETIC,
  ['clip_min', (a, b) => Math.max(a, b)],
  ['clip_max', (a, b) => Math.min(a, b)],
  ['max', (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b))],
]);
export const UNARY: ReadonlyMap<string, (a: number) => number> = new Map([
  ['abs', Math.abs],
  ['absolute', Math.abs],
  ['neg', (a: number) => -a],
  ['negative', (a: number) => -a],
  ['cos', Math.cos],
  ['sin', Math.sin],
  ['tan', Math.tan],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
]);
/** What needs the times, too. */
export const RATES = ['rateofchange', 'rateofchangesec'] as const;

/** Operations of a request: each costs a pass over all points. */
const MOST_OPERATIONS = 100;
/** Longer than a text of so many operations. */
const LONGEST = 64 << 10;

/** Reads operations: a list, or a text with parentheses. @throws 400 */
export function readOperations(value: unknown): Operation {
  const nodes = typeof value === 'string' ? parseText(value) : value;
  const operation = nodeOf(nodes, { left: MOST_OPERATIONS });
  if (operation.kind === 'number') throw invalid('expected a list');
  return operation;
}

const invalid = (reason: string): GnocchiError => invalidInput(reason, ['operations']);

type Nested = string | Nested[];
const TOKEN = /\s*([()]|[^\s()]+)/y;

/** `(aggregate mean (metric cpu mean))` as lists in lists. @throws 400 */
function parseText(text: string): Nested {
  const refuse = (detail: string) =>
    new GnocchiError(400, 'BadRequest', {
      cause: 'Invalid operations',
      reason: 'Fail to parse the operations string',
      detail,
    });
  if (text.length > LONGEST) throw refuse('the text is too long');
  const open: Nested[][] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const token = match[1]!;
    if (token === '(') {
      if (open.length >= 32) throw refuse('the text is nested too deeply');
      open.push([]);
    } else if (open.length === 0) throw refuse(`Expected '(', found '${token.slice(0, 50)}'`);
    else if (token !== ')') open.at(-1)!.push(token);
    else {
      const done = open.pop()!;
      // What comes after the first list is nothing that is asked for, as in Gnocchi.
      if (open.length === 0) return done;
      open.at(-1)!.push(done);
    }
  }
  throw refuse(`Expected ')', found end of text  (at char ${text.length}), (line:1, col:${text.length + 1})`);
}

function nodeOf(node: unknown, budget: { left: number }): Operation {
  if (--budget.left < 0) throw invalid(`more than ${MOST_OPERATIONS} operations`);
  const number = Array.isArray(node) ? undefined : readNumber(node);
  if (number !== undefined) return { kind: 'number', value: number };
  if (!Array.isArray(node)) throw invalid(`Expected a tuple/list, got a ${typeof node}`);
  const [name, ...rest] = node as unknown[];
  if (node.length === 0) throw invalid('Operation must not be empty');
  if (rest.length === 0) throw invalid('Operation need at least one argument');
  if (name === 'metric') return { kind: 'metric', of: referencesOf(rest) };
  const operation = typeof name === 'string' ? operationOf(name, rest, budget) : undefined;
  if (operation === undefined) throw invalid(`'${String(name).slice(0, 50)}' operation invalid`);
  return operation;
}

function referencesOf(given: readonly unknown[]): Reference[] {
  const isReference = (one: unknown): one is Reference =>
    Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === 'string');
  if (isReference(given)) return [given];
  if (!given.every(isReference)) throw invalid('expected str');
  return [...given];
}

/** @returns undefined for what is none */
function operationOf(name: string, rest: readonly unknown[], budget: { left: number }): Operation | undefined {
  const [first, second] = rest;
  const method = typeof first === 'string' && METHODS_ACROSS.includes(first) ? first : undefined;
  const last = () => nodeOf(rest.at(-1), budget);
  switch (name) {
    case 'aggregate':
      return method === undefined || rest.length !== 2 ? undefined : { kind: 'aggregate', method, of: last() };
    case 'resample': {
      if (method === undefined || rest.length !== 3) return undefined;
      const span = timesOr(
        () => readSpan(second),
        () => invalid("'resample' operation invalid"),
      );
      return { kind: 'resample', method, span, of: last() };
    }
    case 'rolling': {
      const window = Math.trunc(readNumber(second) ?? 0);
      return method === undefined || rest.length !== 3 || window < 1
        ? undefined
        : { kind: 'rolling', method, window, of: last() };
    }
    default:
      return isCall(name, rest.length) ? { kind: 'call', name, of: rest.map((one) => nodeOf(one, budget)) } : undefined;
  }
}

const isCall = (name: string, operands: number): boolean =>
  (operands === 1 && (UNARY.has(name) || RATES.some((rate) => rate === name))) ||
  (operands === 2 && (BINARY.has(name) || name === 'clip')) ||
  (operands === 3 && name === 'clip');

/** The metrics that operations are about, each once. */
export const referencesIn = (operation: Operation): Reference[] => [
  ...new Map(collect(operation).map((one) => [JSON.stringify(one), one])).values(),
];

/** How often operations look at each value of series with so many times. */
export function looksOf(operation: Operation, times: number): number {
  if (operation.kind === 'number') return 0;
  // A series is found by its place among all that a node names.
  if (operation.kind === 'metric') return 1 + operation.of.length / Math.max(1, times);
  if (operation.kind === 'call') return operation.of.reduce((sum, one) => sum + looksOf(one, times), 1);
  return looksOf(operation.of, times) + (operation.kind === 'rolling' ? Math.min(operation.window, times) : 1);
}

function collect(operation: Operation): Reference[] {
  if (operation.kind === 'metric') return [...operation.of];
  if (operation.kind === 'number') return [];
  return operation.kind === 'call' ? operation.of.flatMap(collect) : collect(operation.of);
}
