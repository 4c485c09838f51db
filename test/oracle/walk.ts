import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_MINOR, MIN_MINOR } from '#apps/api/http/microversion';
import type { Api } from '#apps/standalone/api';
import { NovaOracle } from './nova.js';
import { Report } from './report.js';

export const PREFIX = '/compute/v2.1';
/** A public key that is one. */
export const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmkXPpRh0xHn8sXyUJJVhtuwZ0WQTZ4kLPFQn0aGZxJ walker@test';
/** Every microversion that is offered. */
export const MINORS = Array.from({ length: MAX_MINOR - MIN_MINOR + 1 }, (_, i) => MIN_MINOR + i);

/** Sends requests at chosen microversions and holds each answer against Nova's schemas at once. */
export class Walk {
  readonly report = new Report('compute', 'Nova’s schemas');

  private constructor(private readonly oracle: NovaOracle) {}

  static async start(): Promise<Walk> {
    return new Walk(await NovaOracle.load());
  }

  /** @param url below the version's prefix */
  async ask(
    api: Api,
    minor: number,
    method: string,
    url: string,
    asked?: object,
    triesLeft = 30,
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${api.base}${PREFIX}${url}`, {
      method,
      headers: {
        'x-auth-token': api.sessionToken,
        'openstack-api-version': `compute 2.${minor}`,
        ...(asked === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(asked === undefined ? {} : { body: JSON.stringify(asked) }),
    });
    const answer = await response.text();
    const { status } = response;
    // Many boots of other tests may wait. It is not a guess at how long something takes: the answer says when to come back.
    const later = status === 503 ? Number(response.headers.get('retry-after')) : 0;
    if (later > 0 && triesLeft > 0) {
      await sleep(later * 1000);
      return this.ask(api, minor, method, url, asked, triesLeft - 1);
    }
    const record = {
      service: 'compute' as const,
      method,
      url,
      minor,
      status,
      ...(asked === undefined ? {} : { asked }),
      answer,
    };
    this.report.add(record, this.oracle.judge(record));
    return { status, body: answer === '' ? undefined : (JSON.parse(answer) as unknown) };
  }
}
