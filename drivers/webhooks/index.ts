import { lookup as resolve, type LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

export { reachable } from './addresses.js';

/** Why a webhook was not delivered, in a sentence. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  constructor(
    message: string,
    /** Whether the same may succeed later. */
    readonly passing: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Webhook {
  readonly url: string;
  /** JSON. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a certificate that nobody signed will do. */
  readonly unsigned?: boolean;
}

/** How far a webhook may go. */
export interface WebhookLimits {
  /** Whether an address may be connected to. */
  readonly reachable: (address: string) => boolean;
  /** For all of it: the name, the connection, the answer. */
  readonly timeoutMs: number;
}

/** An answer that tells nothing of who answers: its status is all that is read of it. */
const MAX_HEADER_BYTES = 8 << 10;
/** Those that ask to come again (RFC 9110, RFC 6585). */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** An address that can be posted to; a user and a password in it are sent as Basic authentication (RFC 7617). */
function addressOf(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return undefined;
  try {
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    return undefined;
  }
}

export const isWebhook = (address: string): boolean => addressOf(address) !== undefined;

/**
 * Posts JSON to an address that a user has chosen. The name is resolved once, and what is connected to is the address that was
 * looked at: a name that leads to another one the next time gains nothing. Redirects are not followed, and the answer is not read.
 * @throws WebhookError unless it was answered with 2xx
 */
export async function postWebhook(webhook: Webhook, limits: WebhookLimits): Promise<void> {
  const url = addressOf(webhook.url);
  if (url === undefined) throw new WebhookError('it is no http or https address', false);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An address is connected to without being looked up.
  if (isIP(host) !== 0 && !limits.reachable(host)) throw unreachable(host);
  const status = await send(url, webhook, limits);
  if (status >= 200 && status < 300) return;
  throw new WebhookError(`it was answered with ${status}`, status >= 500 || LATER.has(status));
}

const unreachable = (host: string): WebhookError =>
  new WebhookError(`${host} is no address on the public internet, and not in NOVAFLOW_WEBHOOK_NETWORKS`, false);

function send(
  url: URL,
  { body, headers, unsigned = false }: Webhook,
  { reachable, timeoutMs }: WebhookLimits,
): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  const options: https.RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    // A connection of its own: one that is kept would lead to an address that nobody looks at any more.
    agent: false,
    lookup: lookupWithin(reachable),
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
    rejectUnauthorized: !unsigned,
  };
  return new Promise((done, failed) => {
    const fail = (error: Error): void =>
      failed(
        error instanceof WebhookError
          ? error
          : new WebhookError(signal.aborted ? `it was not answered within ${timeoutMs} ms` : error.message, true, {
              cause: error,
            }),
      );
    const request = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
      done(response.statusCode ?? 0);
      response.destroy();
    });
    request.on('error', fail);
    request.end(body);
  });
}

/** Resolves a name to the first of its addresses that may be connected to. */
const lookupWithin =
  (reachable: (address: string) => boolean): LookupFunction =>
  (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
      const found = error ? undefined : addresses.find(({ address }) => reachable(address));
      if (found === undefined) callback(error ?? unreachable(host), '', 0);
      else if (options.all) callback(null, [found]);
      else callback(null, found.address, found.family);
    });
  };
