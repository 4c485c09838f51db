import { lettersOf, type Wildcard } from '../kernel/wildcards.js';
import { badQuery } from './words.js';

export const RANGE_FUNCTIONS = ['rate', 'avg_over_time', 'max_over_time', 'min_over_time', 'sum_over_time'] as const;
export type RangeFunction = (typeof RANGE_FUNCTIONS)[number];
export const AGGREGATIONS = ['sum', 'avg', 'max', 'min'] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** A condition on a label. An absent label is an empty text, as in Prometheus. */
export interface Matcher {
  readonly label: string;
  readonly negated: boolean;
  /** One of these texts, or as one of these patterns says. */
  readonly any: readonly (readonly Wildcard[])[];
  /** The text, where it is compared as it is. */
  readonly text?: string;
}
export type Selector = readonly Matcher[];
export interface VectorNode {
  readonly kind: 'vector';
  readonly selector: Selector;
  /** What is made of the samples of a range before each moment. */
  readonly over?: { readonly fn: RangeFunction; readonly rangeMs: number };
}
export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | VectorNode
  | { readonly kind: 'aggregate'; readonly op: Aggregation; readonly by: readonly string[]; readonly of: VectorNode };

/** Longer than any query of a dashboard. */
const LONGEST = 4_096;
/** Labels that a sum is grouped by: more than any series has. */
const MOST_LABELS = 64;
const TOKEN =
  /\s*(?:(?<number>\d{1,15}(?:\.\d{1,15})?(?![\w.]))|(?<duration>\d{1,6}(?:ms|[smhdwy]))|(?<name>[a-zA-Z_:][\w:.]*)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<mark>=~|!~|!=|[=(){}[\],+\-*/]))/y;
type Kind = 'number' | 'duration' | 'name' | 'text' | 'mark';
interface Token {
  readonly kind: Kind;
  readonly text: string;
}

function tokensOf(query: string): Token[] {
  if (query.length > LONGEST) throw badQuery(`it is longer than ${LONGEST} letters`);
  const tokens: Token[] = [];
  const end = query.trimEnd().length;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(query)?.groups;
    if (groups === undefined) throw badQuery(`parse error at char ${at + 1}`);
    const [kind, text] = Object.entries(groups).find(([, value]) => value !== undefined)!;
    tokens.push({ kind: kind as Kind, text });
  }
  return tokens;
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** `5m` in milliseconds; nothing for what is none. */
export function durationOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})(ms|[smhdwy])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * UNITS[unit]!;
}

/** Reads a query. @throws 400 with what is supported */
export const parseQuery = (query: string): Node => new Parser(tokensOf(query)).whole();
/** Reads a selector: `match[]` of the lists of series and labels. */
export const parseSelector = (query: string): Selector => new Parser(tokensOf(query)).onlySelector();

class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Node {
    const node = this.peek()?.kind === 'number' ? this.arithmetic() : this.vectorOrAggregate();
    this.end();
    return node;
  }

  onlySelector(): Selector {
    const selector = this.selector();
    this.end();
    return selector;
  }

  private peek(): Token | undefined {
    return this.tokens[this.at];
  }

  private end(): void {
    const left = this.peek();
    if (left !== undefined) throw badQuery(`unexpected ${left.text}`);
  }

  private take(kind: Kind, text?: string): string {
    const token = this.peek();
    if (token === undefined || token.kind !== kind || (text !== undefined && token.text !== text))
      throw badQuery(`unexpected ${token?.text ?? 'end of input'}`);
    this.at++;
    return token.text;
  }

  private has(text: string): boolean {
    if (this.peek()?.text !== text || this.peek()?.kind === 'text') return false;
    this.at++;
    return true;
  }

  /** Two numbers and what is done with them: `1+1`, by which Grafana finds out whether anybody answers. */
  private arithmetic(): Node {
    const left = Number(this.take('number'));
    if (this.peek() === undefined) return { kind: 'number', value: left };
    const mark = this.take('mark');
    const right = Number(this.take('number'));
    const of: Readonly<Record<string, number>> = {
      '+': left + right,
      '-': left - right,
      '*': left * right,
      '/': left / right,
    };
    if (!Object.hasOwn(of, mark)) throw badQuery(`unexpected ${mark}`);
    return { kind: 'number', value: of[mark]! };
  }

  private vectorOrAggregate(): Node {
    const op = AGGREGATIONS.find((one) => one === this.peek()?.text);
    if (op === undefined || this.peek()?.kind !== 'name') return this.vector();
    this.at++;
    const before = this.by();
    this.take('mark', '(');
    const of = this.vector();
    this.take('mark', ')');
    return { kind: 'aggregate', op, of, by: before ?? this.by() ?? [] };
  }

  private by(): string[] | undefined {
    if (!this.has('by')) return undefined;
    const labels: string[] = [];
    this.take('mark', '(');
    while (!this.has(')')) {
      labels.push(this.take('name'));
      if (labels.length > MOST_LABELS) throw badQuery(`a list of labels has more than ${MOST_LABELS}`);
      if (!this.has(',') && this.peek()?.text !== ')') throw badQuery('a list of labels does not end');
    }
    return labels;
  }

  private vector(): VectorNode {
    const fn = RANGE_FUNCTIONS.find((one) => one === this.peek()?.text);
    if (fn === undefined || this.tokens[this.at + 1]?.text !== '(') {
      const selector = this.selector();
      if (this.peek()?.text === '[') throw badQuery('a range is given to no function');
      return { kind: 'vector', selector };
    }
    this.at++;
    this.take('mark', '(');
    const selector = this.selector();
    this.take('mark', '[');
    const rangeMs = durationOf(this.take('duration'))!;
    if (rangeMs === 0) throw badQuery('duration must be greater than 0');
    this.take('mark', ']');
    this.take('mark', ')');
    return { kind: 'vector', selector, over: { fn, rangeMs } };
  }

  private selector(): Selector {
    const matchers: Matcher[] = [];
    if (this.peek()?.kind === 'name') matchers.push(equal('__name__', this.take('name')));
    if (this.has('{'))
      while (!this.has('}')) {
        matchers.push(this.matcher());
        if (!this.has(',') && this.peek()?.text !== '}') throw badQuery('a list of matchers does not end');
      }
    if (matchers.length === 0) throw badQuery('a selector names something');
    return matchers;
  }

  private matcher(): Matcher {
    const label = this.take('name');
    const mark = this.take('mark');
    const text = textOf(this.take('text'));
    if (mark === '=' || mark === '!=') return { ...equal(label, text), negated: mark === '!=' };
    if (mark === '=~' || mark === '!~') return { label, negated: mark === '!~', any: patternsOf(text) };
    throw badQuery(`unexpected ${mark}`);
  }
}

const equal = (label: string, text: string): Matcher => ({ label, negated: false, any: [lettersOf(text)], text });

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
const textOf = (quoted: string): string =>
  quoted.slice(1, -1).replaceAll(/\\(.)/gs, (_all, letter: string) => ESCAPES[letter] ?? letter);

/** A regular expression as far as it is texts, `.`, `.*`, `.+` and `|`: what dashboards make of their variables. */
function patternsOf(regex: string): Wildcard[][] {
  const inner = /^\((.*)\)$/s.exec(regex)?.[1] ?? regex;
  const letters = lettersOf(inner);
  const patterns: Wildcard[][] = [[]];
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i]!;
    const pattern = patterns.at(-1)!;
    if (letter === '|') patterns.push([]);
    else if (letter === '\\') pattern.push(letters[++i] ?? '\\');
    else if (letter === '.') {
      const next = letters[i + 1];
      if (next !== '*') pattern.push({ any: 'letter' });
      if (next === '*' || next === '+') {
        pattern.push({ any: 'text' });
        i++;
      }
    } else if (/[()[\]{}^$*+?]/.test(letter)) throw badQuery('regular expressions are texts, ., .*, .+ and | here');
    else pattern.push(letter);
  }
  return patterns;
}
