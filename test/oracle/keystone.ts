import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RecordedAnswer } from '#apps/recorder/answers';
import { Schemas, matcherOf, parsed, readReleased, type Finding, type Schema } from './schemas.js';

/** One method of a resource of Keystone, as keystone-schemas.py writes it. */
interface Method {
  readonly path: string;
  readonly method: string;
  /** The class and its method: RegionResource.patch */
  readonly resource: string;
  readonly request: Schema | null;
  readonly query: Schema | null;
  readonly response: Schema | null;
  /** Of a success; empty where Keystone's code does not say it. */
  readonly statuses: readonly number[];
}

/** Keystone takes what uuid.UUID reads, and ISO 8601 as iso8601 does (keystone/api/validation/validators.py). */
const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?$/,
  email: /@/,
};

/** The routes, statuses and schemas of a released Keystone, and what it says of an answer. */
export class KeystoneOracle {
  private readonly schemas = new Schemas(FORMATS, Ajv2020);
  private readonly routes: readonly { readonly matches: RegExp; readonly method: Method }[];

  private constructor(methods: readonly Method[]) {
    const variables = ({ path }: Method): number => path.split('{').length;
    // As Flask: of two routes that match, the one with more fixed parts (/limits/model before /limits/{limit_id}).
    this.routes = methods
      .toSorted((a, b) => variables(a) - variables(b))
      .map((method) => ({ matches: matcherOf(method.path), method }));
  }

  /** Reads the schemas that `npm test` has put into the cache. */
  static async load(): Promise<KeystoneOracle> {
    return new KeystoneOracle(await readReleased<Method>('NOVAFLOW_TEST_KEYSTONE'));
  }

  /** Whether Keystone has a schema for the answer to a request. */
  describes({ method, url }: RecordedAnswer): boolean {
    return (this.methodOf(method, url)?.response ?? null) !== null;
  }

  /** Holds an answer against Keystone's schemas, and the request with it if it was taken. Refusals have no schemas. */
  judge({ method: verb, url, status, asked, answer }: RecordedAnswer): Finding[] {
    // The version's own document is of no resource, and a browser's question (CORS) of no method.
    if (status >= 300 || pathOf(url) === '' || verb === 'OPTIONS') return [];
    const method = this.methodOf(verb, url);
    if (method === undefined) return [{ route: `${verb} ${pathOf(url)}`, what: 'Keystone has no such route' }];
    const found: string[] = [];
    if (method.statuses.length > 0 && !method.statuses.includes(status))
      found.push(`the status is ${status} and Keystone’s is ${method.statuses.join(' or ')}`);
    const hold = (kind: 'request' | 'query' | 'response', value: unknown): void => {
      const schema = method[kind];
      if (schema !== null) found.push(...this.schemas.problems(schema, value).map((p) => `${kind}: ${p}`));
    };
    if (verb !== 'HEAD') hold('response', parsed(answer));
    if (asked !== undefined) hold('request', asked);
    hold('query', Object.fromEntries(new URLSearchParams(url.split('?')[1])));
    return found.map((what) => ({ route: `${verb} ${method.path}`, what }));
  }

  /** The method that a request reaches; Flask answers a HEAD as it does the GET. */
  private methodOf(verb: string, url: string): Method | undefined {
    const of = (name: string): Method | undefined =>
      this.routes.find((r) => r.method.method === name && r.matches.test(pathOf(url)))?.method;
    return of(verb) ?? (verb === 'HEAD' ? of('GET') : undefined);
  }
}

const pathOf = (url: string): string => url.split('?')[0]!.replace(/\/$/, '');
