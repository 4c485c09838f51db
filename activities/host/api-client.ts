import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Config } from '#config';
import { logContext } from '#services/kernel/log-context';

/** The service user of a host role, from the file that only the role reads. */
interface Credential {
  readonly username: string;
  readonly password: string;
}
/** The API did not answer, or its answer is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A new token is fetched this long before the old one ends. */
const RENEW_MS = 60_000;
/** How long a host waits for the answer to a small request, which takes milliseconds, before it tries again. */
const ANSWER_MS = 10_000;

/** What a host role knows of the control plane: the API, with a credential of its own. It has no database. */
export class ApiClient {
  private token: { value: string; until: number } | undefined;

  /** @param binary the service that asks: nova-compute, cinder-volume or neutron-agent */
  constructor(
    private readonly config: Config,
    private readonly binary: string,
  ) {}

  async get<T>(path: string): Promise<T> {
    const response = await this.send('GET', path);
    return (await response.json()) as T;
  }

  /** Waits for an answer that may take its time. @returns undefined for an answer without a body */
  async wait<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
    const response = await this.send('GET', path, undefined, signal);
    return response.status === 204 ? undefined : ((await response.json()) as T);
  }

  async put(path: string, body: object): Promise<void> {
    await this.send('PUT', path, body);
  }

  /** The bytes of an answer, for those too long to hold. */
  async stream(path: string, signal: AbortSignal): Promise<Readable> {
    const response = await this.send('GET', path, undefined, signal);
    return Readable.fromWeb(response.body as ReadableStream);
  }

  private async send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const { requestId, traceparent } = logContext() ?? {};
    const response = await fetch(this.config.publicUrl + path, {
      method,
      headers: {
        'x-auth-token': await this.authToken(),
        ...(body ? { 'content-type': 'application/json' } : {}),
        // So that the api's log names the request that this one is made for.
        ...(requestId === undefined ? {} : { 'x-openstack-request-id': requestId }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: signal ?? AbortSignal.timeout(ANSWER_MS),
    });
    if (response.status === 401) this.token = undefined;
    if (!response.ok)
      throw new ApiError(response.status, `${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** The setting names a file where the process has one role, and a directory of such files where it has several. */
  private async credentialFile(): Promise<string> {
    const given = this.config.compute.host_credential;
    return (await stat(given)).isDirectory() ? join(given, `${this.binary}.json`) : given;
  }

  private async authToken(): Promise<string> {
    if (this.token && this.token.until > Date.now()) return this.token.value;
    const { username, password } = JSON.parse(await readFile(await this.credentialFile(), 'utf8')) as Credential;
    const domain = { id: 'default' };
    const auth = {
      identity: { methods: ['password'], password: { user: { name: username, password, domain } } },
      scope: { project: { name: 'service', domain } },
    };
    const response = await fetch(`${this.config.publicUrl}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!response.ok)
      throw new ApiError(response.status, `The api does not accept the credential of ${username}: ${response.status}.`);
    const { token } = (await response.json()) as { token: { expires_at: string } };
    this.token = {
      value: response.headers.get('x-subject-token') ?? '',
      until: Date.parse(token.expires_at) - RENEW_MS,
    };
    return this.token.value;
  }
}
