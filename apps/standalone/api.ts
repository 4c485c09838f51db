import { setTimeout as sleep } from 'node:timers/promises';

/** Tries of a log-in that a busy cloud puts off: with the second or two that it asks for, about as long as a person waits. */
const LOGINS = 20;
/** Tries of a request that may be sent twice, under the same conditions. */
const REQUESTS = 20;
/** What a busy cloud puts off and may be asked again, since twice is the same as once. */
const REPEATABLE = new Set(['GET', 'PUT']);

/** A thin client of the API for the tools of this directory. */
export interface Login {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly project: string;
}

export class CliError extends Error {
  override readonly name = 'CliError';
}

/** One user's session in one project. */
export class Api {
  private constructor(
    readonly base: string,
    private readonly login: Login,
    private token: string,
    readonly projectId: string,
  ) {}

  /** @throws CliError when the cloud does not answer or does not know the user */
  static async login(login: Login): Promise<Api> {
    const base = login.authUrl.replace(/\/identity\/v3\/?$/, '');
    const { token, projectId } = await authenticate(login);
    return new Api(base, login, token, projectId);
  }

  /** The token, for a request that is written by hand. */
  get sessionToken(): string {
    return this.token;
  }

  /** Logs in again: for a new token. */
  async renew(): Promise<void> {
    this.token = (await authenticate(this.login)).token;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: T; headers: Headers }> {
    const raw = body instanceof Uint8Array;
    const send = (): Promise<Response> =>
      fetch(this.base + path, {
        method,
        headers: {
          'x-auth-token': this.token,
          'openstack-api-version': 'compute 2.96',
          ...(body === undefined ? {} : { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: raw ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      });
    let response = await send();
    if (response.status === 401) {
      await this.renew();
      response = await send();
    }
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : (JSON.parse(text) as unknown)) as T,
      headers: response.headers,
    };
  }

  /** Sends bytes, at the pace at which they come; the answer's body is not read as JSON. */
  async send(method: string, path: string, body: ReadableStream<Uint8Array> | Uint8Array): Promise<number> {
    const response = await fetch(this.base + path, {
      method,
      headers: { 'x-auth-token': this.token, 'content-type': 'application/octet-stream' },
      body: body as ReadableStream<Uint8Array<ArrayBuffer>>,
      duplex: 'half',
    });
    await response.arrayBuffer();
    return response.status;
  }

  /**
   * A request that must succeed; T is what the API documents for its answer. A GET or PUT that is answered 503 is sent again
   * after the pause that the answer asks for. @throws CliError with the cloud's own words
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  async call<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    let answer = await this.request<T>(method, path, body, headers);
    for (let tries = 1; answer.status === 503 && REPEATABLE.has(method) && tries < REQUESTS; tries++) {
      await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1000);
      answer = await this.request<T>(method, path, body, headers);
    }
    if (answer.status >= 400)
      throw new CliError(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

async function authenticate({
  authUrl,
  username,
  password,
  project,
}: Login): Promise<{ token: string; projectId: string }> {
  const domain = { id: 'default' };
  const auth = {
    identity: { methods: ['password'], password: { user: { name: username, password, domain } } },
    scope: { project: { name: project, domain } },
  };
  const ask = (): Promise<Response> =>
    fetch(`${authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    }).catch((error: unknown) => {
      throw new CliError(`The cloud at ${authUrl} does not answer. Is it running (npm start)?`, { cause: error });
    });
  let response = await ask();
  // Too many passwords are being checked, or the database is away for a moment: it says when to come again.
  for (let tries = 1; response.status === 503 && tries < LOGINS; tries++) {
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000);
    response = await ask();
  }
  if (response.status === 401) throw new CliError(`The cloud does not accept user ${username} in project ${project}.`);
  if (!response.ok) throw new CliError(`The login was answered with ${response.status}: ${await response.text()}`);
  const { token } = (await response.json()) as { token: { project: { id: string } } };
  return { token: response.headers.get('x-subject-token') ?? '', projectId: token.project.id };
}
