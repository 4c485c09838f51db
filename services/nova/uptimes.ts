import { HostApiError, readUptime, type HostApiAddress } from '#drivers/host-api/client';
import type { HostApis } from './host-apis.js';

/** A list must not wait for the slowest of its hosts; who does not answer in this time is shown without. */
const PATIENCE_MS = 2_000;

/** What a machine says of how long it is up, or that it has no word for it. */
export type Uptime = { readonly text: string } | { readonly unsupported: true };

/** How long hosts are up, which they are asked themselves: it is another text every second. */
export class Uptimes {
  constructor(private readonly hostApis: HostApis) {}

  /** By host; what does not answer is left out. Hosts that one machine plays are one question. */
  async of(hosts: readonly string[]): Promise<ReadonlyMap<string, Uptime>> {
    const addresses = await this.hostApis.find(hosts);
    const machines = new Map([...addresses].map(([host, at]) => [at.url, { host, at }]));
    const answers = new Map(
      await Promise.all(
        [...machines].map(async ([url, { host, at }]): Promise<[string, Uptime | undefined]> => [
          url,
          await ask(at, host),
        ]),
      ),
    );
    return new Map(
      [...addresses].flatMap(([host, { url }]): [string, Uptime][] => {
        const uptime = answers.get(url);
        return uptime === undefined ? [] : [[host, uptime]];
      }),
    );
  }
}

const ask = (at: HostApiAddress, host: string): Promise<Uptime | undefined> =>
  readUptime(at, host, AbortSignal.timeout(PATIENCE_MS)).then(
    (text) => ({ text }),
    (error: unknown) => (error instanceof HostApiError && error.status === 501 ? { unsupported: true } : undefined),
  );
