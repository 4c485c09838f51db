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

/**
 * Posts JSON to an address that a user has chosen. The name is resolved once, and what is connected to is the address that was
 * looked at: a name that leads to another one the next time gains nothing. Redirects are not followed, and the answer is not read.
 * @throws WebhookError unless it was answered with 2xx
 */
export async function postWebhook(webhook: Webhook, limits: WebhookLimits): Promise<void> {
  const url = URL.canParse(webhook.url) ? new URL(webhook.url) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new WebhookError('it is no http or https address', false);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An address is connected to without being looked up.
  if (isIP(host) !== 0 && !limits.reachable(host)) throw unreachable(host);
  const status = await send(url, webhook, limits);
  if (status >= 200 && status < 300) return;
  throw new WebhookError(`it was answered with ${status}`, status >= 500 || LATER.has(status));
}

const unreachable = (host: string): WebhookError =>
  new WebhookError(`${host} is no address on the public internet, and not in NOVAFLOW_WEBHOOK_NETWORKS`, false);

function send(url: URL, { body, headers }: Webhook, { reachable, timeoutMs }: WebhookLimits): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  const options: https.RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    // A connection of its own: one that is kept would lead to an address that nobody looks at any more.
    agent: false,
    lookup: lookupWithin(reachable),
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
    // Aodh's way to name a server whose certificate nobody signed (notifier/rest.py).
    rejectUnauthorized: url.searchParams.get('aodh-alarm-ssl-verify') !== '0',
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
    try {
      const request = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
        done(response.statusCode ?? 0);
        response.destroy();
      });
      request.on('error', fail);
      request.end(body);
    } catch (error) {
      // Node cannot ask it at all, for a password with a stray % say: neither can it later.
      failed(new WebhookError('it is no address that can be asked', false, { cause: error }));
    }
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
