import { ApiError, wordsOf } from './errors.js';

/** Each service's newest microversion, so that pages see all that it has to say. */
const MICROVERSIONS: readonly (readonly [string, string])[] = [
  ['/compute/', 'compute 2.104'],
  ['/volume/', 'volume 3.71'],
  ['/placement/', 'placement 1.39'],
];

export interface Call {
  readonly method?: string;
  /** Sent as JSON, or as it is if it is bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Told when an answer says that the session has ended. */
let onEnded: () => void = () => undefined;
export const whenSessionEnds = (then: () => void): void => {
  onEnded = then;
};

function headersOf(path: string, { body, headers }: Call): Record<string, string> {
  const microversion = MICROVERSIONS.find(([prefix]) => path.startsWith(prefix))?.[1];
  return {
    accept: 'application/json',
    // A page of another origin cannot send it, which is what makes a cookie safe to log in with.
    'x-novaflow-dashboard': '1',
    ...(body === undefined || body instanceof Blob ? {} : { 'content-type': 'application/json' }),
    ...(microversion === undefined ? {} : { 'openstack-api-version': microversion }),
    ...headers,
  };
}

function bodyOf(body: unknown): { body?: Blob | string } {
  if (body === undefined) return {};
  return { body: body instanceof Blob ? body : JSON.stringify(body) };
}

async function refusal(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Glance and Swift refuse in HTML or plain text, which wordsOf reads.
  }
  const words = wordsOf(body) ?? `${answer.status} ${answer.statusText}`;
  return new ApiError(answer.status, words, answer.headers.get('x-openstack-request-id'));
}

/**
 * Whether a browser asks for a path as it is written. Of `..` and `.` it makes another path, also where they are escaped, and ids in
 * addresses and names of objects may be somebody else's: what is to delete an object must not delete a server.
 */
export function isAsWritten(path: string): boolean {
  const written = path.split(/[?#]/, 1)[0] ?? '';
  const base = 'http://own.invalid';
  const asked = URL.canParse(path, base) ? new URL(path, base) : undefined;
  if (asked?.origin !== base || asked.pathname.endsWith('/') !== written.endsWith('/')) return false;
  return asked.pathname.split('/').length === written.split('/').length;
}

/**
 * Sends a request to the API with the session's cookie.
 * @throws ApiError for a path that would be another one, and for an answer of 400 or above, in the service's words
 */
export async function send(path: string, asked: Call = {}): Promise<Response> {
  if (!isAsWritten(path)) throw new ApiError(400, 'A browser cannot ask for this name.', null);
  const answer = await fetch(path, {
    method: asked.method ?? 'GET',
    headers: headersOf(path, asked),
    credentials: 'same-origin',
    ...bodyOf(asked.body),
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
  });
  if (answer.ok) return answer;
  if (answer.status === 401 && !path.startsWith('/dashboard/session')) onEnded();
  throw await refusal(answer);
}

/** The same for answers in JSON; undefined for an answer without a body. The caller says what the route answers. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const answer = await send(path, options);
  const text = await answer.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
