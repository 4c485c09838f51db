import type { RecordedAnswer } from '#apps/recorder/answers';
import { Schemas, matcherOf, parsed, readReleased, type Finding, type Schema } from './schemas.js';

/** The microversions for which something holds; null has no end. */
interface Span {
  readonly min: string | null;
  readonly max: string | null;
}
/** One method of a controller of Nova, as nova-schemas.py writes it. */
export interface Method {
  readonly path: string;
  readonly method: string;
  readonly action?: string;
  readonly controller: string;
  readonly request: readonly (Span & { schema: Schema })[];
  readonly query: readonly (Span & { schema: Schema })[];
  readonly response: readonly (Span & { schema: Schema })[];
  readonly status: readonly (Span & { code: number })[];
  readonly served: readonly Span[];
}

const minorOf = (version: string): number => Number(version.split('.')[1]);
const holds = ({ min, max }: Span, minor: number): boolean =>
  (min === null || minorOf(min) <= minor) && (max === null || minor <= minorOf(max));
const at = <T extends Span>(spans: readonly T[], minor: number): T | undefined => spans.find((s) => holds(s, minor));

/** Formats of Nova's own (nova/api/validation/validators.py); a time may be without a zone. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/,
  base64: /^[A-Za-z0-9+/\s]*={0,2}\s*$/,
  cidr: /^[0-9a-fA-F.:]+\/\d{1,3}$/,
  name: /^(?!\s)[^\p{C}]*(?<!\s)$/u,
  az_name: /^(?!\s)[^\p{C}:]*(?<!\s)$/u,
  name_with_leading_trailing_spaces: /^[^\p{C}]*\S[^\p{C}]*$/u,
  az_name_with_leading_trailing_spaces: /^[^\p{C}:]*\S[^\p{C}:]*$/u,
};

/** The routes, statuses and schemas of a released Nova, and what it says of an answer. */
export class NovaOracle {
  private readonly schemas = new Schemas(FORMATS);
  private readonly routes: readonly { readonly matches: RegExp; readonly method: Method }[];

  private constructor(private readonly methods: readonly Method[]) {
    this.routes = methods.map((method) => ({ matches: matcherOf(method.path), method }));
  }

  /** Reads the schemas that `npm test` has put into the cache. */
  static async load(): Promise<NovaOracle> {
    return new NovaOracle(await readReleased<Method>('NOVAFLOW_TEST_NOVA'));
  }

  /** The method of Nova that a request reaches: routes are in Nova's order, and an action is named by its body. */
  methodOf(method: string, url: string, body?: unknown): Method | undefined {
    const path = url.split('?')[0]!;
    const reached = this.routes.find((r) => r.method.method === method && r.matches.test(path || '/'))?.method;
    if (reached?.action === undefined) return reached;
    const names = Object.keys(body ?? {});
    return this.methods.find((m) => m.path === reached.path && m.action !== undefined && names.includes(m.action));
  }

  /** The schema of a request's body, of its query or of the answer at a microversion; undefined where Nova has none. */
  schemaOf(method: Method, kind: 'request' | 'query' | 'response', minor: number): Schema | undefined {
    return at(method[kind], minor)?.schema;
  }

  /** What is wrong with a value, as Schemas.problems. */
  problems(schema: Schema, value: unknown): string[] {
    return this.schemas.problems(schema, value);
  }

  /** Whether Nova has a schema for the answer to a request. */
  describes({ method, url, asked, minor }: RecordedAnswer): boolean {
    const reached = this.methodOf(method, url, asked);
    return reached !== undefined && this.schemaOf(reached, 'response', minor) !== undefined;
  }

  /** Holds an answer against Nova's schemas, and the request with it if it was taken. Refusals have no schemas. */
  judge(record: RecordedAnswer): Finding[] {
    const { method: verb, url, minor, status, asked, answer } = record;
    if (status >= 300) return [];
    const method = this.methodOf(verb, url, asked);
    if (method === undefined) return [{ route: `${verb} ${url.split('?')[0]}`, what: 'Nova has no such route' }];
    const route = `${verb} ${method.path}${method.action === undefined ? '' : ` (${method.action})`}`;
    const found: string[] = [];
    if (method.served.length > 0 && !at(method.served, minor))
      found.push('Nova does not serve it at this microversion');
    const code = byHand(route, minor) ?? at(method.status, minor)?.code ?? 200;
    if (status !== code) found.push(`the status is ${status} and Nova's is ${code}`);
    const hold = (kind: 'request' | 'query' | 'response', value: unknown): void => {
      const schema = this.schemaOf(method, kind, minor);
      if (schema) found.push(...this.problems(schema, value).map((p) => `${kind}: ${p}`));
    };
    const body = parsed(answer);
    if (body === undefined) found.push('the answer is no JSON');
    else hold('response', body);
    if (asked !== undefined) hold('request', asked);
    hold('query', queryOf(url));
    return found.map((what) => ({ route, what }));
  }
}

/** Nova's schemas see a query as lists of texts by name. */
function queryOf(url: string): Record<string, string[]> {
  // A parameter may be called `constructor`, which a plain object has already.
  const query = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of new URLSearchParams(url.split('?')[1])) (query[name] ??= []).push(value);
  return query;
}

/**
 * Statuses that Nova's code sets inside a method, where no decorator says so: an attachment is only begun since 2.101
 * (nova/api/openstack/compute/volume_attachments.py: create), and floating IPs of servers are changed by the way
 * (floating_ips.py: FloatingIPActionController).
 */
const byHand = (route: string, minor: number): number | undefined =>
  /\((add|remove)FloatingIp\)$/.test(route) ||
  (route === 'POST /servers/{server_id}/os-volume_attachments' && minor >= 101)
    ? 202
    : undefined;
