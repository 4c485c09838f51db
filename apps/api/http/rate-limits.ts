import { isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '#config';
import { OpenStackError } from '#services/kernel/errors';

/** Limits are said by the minute. */
const WINDOW_SECONDS = 60;

/**
 * How often the API may be asked: by one address that shows no token, by one address that tries to log in, and by one
 * project. Each process counts by itself, in memory, since a shared count would cost every request a round trip.
 * Fastify's own plugin counts before the token is read, and so knows no projects.
 */
export class RateLimits {
  private readonly byAnonymous: RateLimiterMemory | undefined;
  private readonly byLogIn: RateLimiterMemory | undefined;
  private readonly byProject: RateLimiterMemory | undefined;

  constructor({ anonymous, log_ins, project }: Config['rate_limit']) {
    this.byAnonymous = limiterOf(anonymous);
    this.byLogIn = limiterOf(log_ins);
    this.byProject = limiterOf(project);
  }

  /** Counts a request without a token that holds. @throws 429 */
  anonymous(address: string): Promise<void> {
    return count(this.byAnonymous, networkOf(address));
  }

  /** Counts an attempt to log in. @throws 429 */
  logIn(address: string): Promise<void> {
    return count(this.byLogIn, networkOf(address));
  }

  /** Counts a request of a project, or of a user whose token is for none. @throws 429 */
  project(id: string): Promise<void> {
    return count(this.byProject, id);
  }
}

const limiterOf = (points: number): RateLimiterMemory | undefined =>
  points === 0 ? undefined : new RateLimiterMemory({ points, duration: WINDOW_SECONDS });

async function count(limiter: RateLimiterMemory | undefined, key: string): Promise<void> {
  try {
    await limiter?.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1_000));
    // Nova's words of old (nova/api/openstack/wsgi.py: RateLimitFault).
    throw new OpenStackError(429, 'TooManyRequests', 'This request was rate-limited.', {
      headers: { 'retry-after': String(seconds) },
    });
  }
}

/** Whoever has one IPv6 address has all 2^64 of its network. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const six = new Address6(address.split('%')[0] ?? address);
  return six.isMapped4() ? six.to4().address : six.canonicalForm().split(':').slice(0, 4).join(':');
}
