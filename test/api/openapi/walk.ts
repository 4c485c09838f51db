import { inject as provided } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { DocumentJudge, operationsOf, type OpenApi } from '../../setup/openapi.js';
import { Tenant } from '../../setup/tenant.js';

/** An answer with one thing that was made. */
export type Made<K extends string> = Record<K, { id: string }>;

/** The services, each by the first part of its paths; one test file for each. What is of none of them is the cloud's own. */
const SERVICES = [
  'identity',
  'compute',
  'image',
  'network',
  'volume',
  'placement',
  'object-store',
  'alarming',
  'metric',
] as const;
type Place = (typeof SERVICES)[number] | 'cloud';
const placeOf = (path: string): Place => SERVICES.find((name) => path.split('/')[1] === name) ?? 'cloud';

/** The oldest, the newest, and some between, in which answers are of different kinds. */
const VERSIONS = [
  'compute 2.1, volume 3.0',
  'compute 2.53, volume 3.48, placement 1.19',
  'compute 2.96, placement 1.28',
  'compute 2.104, volume 3.71, placement 1.39',
];

/** Holds real requests of one service, and their answers, against the document that the cloud shows of itself. */
export class DocumentWalk {
  private wrong = new Set<string>();
  /** Routes that gave what was asked for. */
  private readonly good = new Set<string>();
  /** What each parameter of a path is filled with, by the part of the path before it, or by the two where one says too little. */
  private readonly values = new Map<string, string>();
  /** Paths with several parameters that belong together, or with a query. */
  private readonly urls = new Map<string, string>();
  private readonly leftOut = new Set<string>();

  private constructor(
    readonly tenant: Tenant,
    private readonly base: string,
    private readonly document: OpenApi,
    private readonly judge: DocumentJudge,
    private readonly place: Place,
  ) {}

  static async of(place: Place): Promise<DocumentWalk> {
    const cloud = provided('fake');
    const base = cloud.authUrl.replace('/identity/v3', '');
    const document = (await (await fetch(`${base}/openapi.json`)).json()) as OpenApi;
    return new DocumentWalk(await Tenant.make(cloud), base, document, new DocumentJudge(document), place);
  }

  /** Sends a request; what the document says otherwise is found. */
  readonly ask = async <T>(
    api: Api,
    method: string,
    url: string,
    asked?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> => {
    const bytes = asked instanceof Uint8Array;
    const response = await fetch(this.base + url, {
      method,
      headers: {
        'x-auth-token': api.sessionToken,
        'x-subject-token': api.sessionToken,
        accept: 'application/json',
        'openstack-api-version': VERSIONS.at(-1)!,
        ...(asked === undefined ? {} : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(asked === undefined ? {} : { body: bytes ? (asked as Uint8Array<ArrayBuffer>) : JSON.stringify(asked) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json') === true;
    const answer: unknown = text === '' || method === 'HEAD' ? undefined : json ? JSON.parse(text) : text;
    this.judge
      .judge(method, url, bytes ? undefined : asked, response.status, answer)
      .forEach((what) => this.wrong.add(`${what} (${url} at ${headers['openstack-api-version'] ?? 'the newest'})`));
    // A document of versions is answered with 300.
    if (response.status < 400) this.good.add(`${method} ${url.split('?')[0]}`);
    return answer as T;
  };

  /** What has been found since the last time. */
  found(): string[] {
    const all = [...this.wrong];
    this.wrong = new Set();
    return all;
  }

  /** What stands for the parameters of paths. */
  knows(values: Readonly<Record<string, string>>): void {
    for (const [part, value] of Object.entries(values)) this.values.set(part, value);
  }

  known(part: string): string {
    return this.values.get(part)!;
  }

  knowsPaths(urls: readonly (readonly [path: string, url: string])[]): void {
    for (const [path, url] of urls) this.urls.set(path, url);
  }

  leavesOut(paths: readonly string[]): void {
    for (const path of paths) this.leftOut.add(path);
  }

  /** Sends every GET of the service, by a member and by an administrator, at all versions. @returns those that were always refused */
  async readAll(): Promise<string[]> {
    const paths = [...operationsOf(this.document).keys()]
      .filter((key) => key.startsWith('GET '))
      .map((key) => key.slice('GET '.length))
      .filter((path) => placeOf(path) === this.place && !this.leftOut.has(path));
    const urls = new Map(paths.map((path) => [path, this.urls.get(path) ?? this.filled(path)]));
    for (const url of urls.values())
      for (const api of [this.tenant.api, this.tenant.admin])
        for (const version of VERSIONS)
          await this.ask(api, 'GET', url, undefined, { 'openstack-api-version': version });
    return [...urls]
      .filter(([, url]) => !this.good.has(`GET ${url.split('?')[0]}`))
      .map(([path]) => `GET ${path}`)
      .toSorted();
  }

  private filled(path: string): string {
    const parts: string[] = [];
    for (const part of path.split('/'))
      parts.push(
        part.startsWith('{')
          ? (this.values.get(parts.slice(-2).join('/')) ?? this.values.get(parts.at(-1)!) ?? 'nothing')
          : part,
      );
    return parts.join('/') || '/';
  }
}
