import { badRequest } from '../kernel/errors.js';

/** A filter in Gnocchi's words as the same in JSON: `{"and": [{"=": {"host": "a"}}, …]}`. */
type Tree = string | number | boolean | null | Tree[] | { readonly [key: string]: Tree };

/** Longer than a query that somebody writes; and its parser recurses no deeper than a body may be. */
const [LONGEST, DEEPEST] = [8_192, 32];
const TOKEN =
  /\s*(?:(>=|<=|!=|==|[><=≠≥≤∧∨()[\],])|"([^"]*)"|'([^']*)'|([0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})(?![\w-])|([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?!\w)|([A-Za-z]\w*))/y;
const COMPARISONS = new Set([
  '>=',
  '<=',
  '!=',
  '>',
  '<',
  '=',
  '==',
  'eq',
  'ne',
  'lt',
  'gt',
  'ge',
  'le',
  'in',
  'like',
  '≠',
  '≥',
  '≤',
]);
const CONSTANTS: ReadonlyMap<string, Tree> = new Map<string, Tree>([
  ['None', null],
  ['none', null],
  ['null', null],
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
]);

interface Token {
  readonly text: string;
  readonly kind: 'sign' | 'text' | 'number' | 'word';
  readonly at: number;
}

function tokensOf(query: string): Token[] {
  if (query.length > LONGEST) throw invalidFilter('the text is too long', LONGEST);
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; query.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(query);
    if (match === null) throw invalidFilter('Expected end of text', at);
    const [, sign, double, single, uuid, number, word] = match;
    const [kind, text] =
      sign !== undefined
        ? (['sign', sign] as const)
        : number !== undefined
          ? (['number', number] as const)
          : word !== undefined
            ? (['word', word] as const)
            : (['text', double ?? single ?? uuid ?? ''] as const);
    tokens.push({ kind, text, at });
  }
  return tokens;
}

const invalidFilter = (reason: string, at: number) =>
  badRequest(`Invalid filter: ${reason}  (at char ${at}), (line:1, col:${at + 1})`);

/**
 * Reads a filter as it stands in a query: `server_group = 'x' and not (host like 'a%' or lifespan > 5)`
 * (gnocchi/rest/api.py: QueryStringSearchAttrFilter).
 * @throws 400
 */
export function parseFilter(query: string): unknown {
  const parser = new Parser(tokensOf(query), query.length);
  return parser.whole();
}

class Parser {
  private place = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly end: number,
  ) {}

  whole(): Tree {
    const tree = this.either(0);
    if (this.place < this.tokens.length) throw this.refuse('Expected end of text');
    return tree;
  }

  private either(depth: number): Tree {
    return this.chain(['or', '∨'], 'or', () => this.both(depth));
  }

  private both(depth: number): Tree {
    return this.chain(['and', '∧'], 'and', () => this.one(depth));
  }

  private chain(words: readonly string[], name: string, next: () => Tree): Tree {
    const parts = [next()];
    while (words.some((word) => this.take(word))) parts.push(next());
    return parts.length === 1 ? parts[0]! : { [name]: parts };
  }

  private one(depth: number): Tree {
    if (depth > DEEPEST) throw this.refuse('Expected less depth');
    if (this.take('not')) return { not: this.one(depth + 1) };
    if (!this.take('(')) return this.condition();
    const inner = this.either(depth + 1);
    if (!this.take(')')) throw this.refuse("Expected ')'");
    return inner;
  }

  private condition(): Tree {
    const field = this.term(0);
    if (typeof field !== 'string') throw this.refuse('Expected an attribute');
    const operator = this.tokens[this.place];
    if (operator === undefined || operator.kind === 'text' || !COMPARISONS.has(operator.text))
      throw this.refuse(`Expected Re:('>=|<=|!=|>|<|=|==|eq|ne|lt|gt|ge|le|in|like|≠|≥|≤')`);
    this.place++;
    return { [operator.text]: { [field]: this.term(0) } };
  }

  private term(depth: number): Tree {
    const token = this.tokens[this.place];
    if (token === undefined || (token.kind === 'sign' && token.text !== '[')) throw this.refuse('Expected a value');
    this.place++;
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'sign') return this.list(depth);
    const constant = token.kind === 'word' ? CONSTANTS.get(token.text) : undefined;
    return constant === undefined ? token.text : constant;
  }

  private list(depth: number): Tree {
    if (depth > DEEPEST) throw this.refuse('Expected less depth');
    const values: Tree[] = [];
    while (!this.take(']')) {
      if (values.length > 0 && !this.take(',')) throw this.refuse("Expected ']'");
      values.push(this.term(depth + 1));
    }
    return values;
  }

  private take(text: string): boolean {
    const token = this.tokens[this.place];
    if (token === undefined || token.kind === 'text' || token.text !== text) return false;
    this.place++;
    return true;
  }

  private refuse(reason: string) {
    return invalidFilter(reason, this.tokens[this.place]?.at ?? this.end);
  }
}
