import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { NetworkDriver } from '#drivers/network/index';
import type { HostUnderTest } from './network-guests.js';

/** What the host's process does: calls of its driver, one per line, each answered by a line. */
const CODE = `
import { createInterface } from 'node:readline';
import { LinuxNetwork } from '#drivers/network/linux/linux';
const driver = new LinuxNetwork(process.argv[1], undefined, { run: process.argv[2] });
const stop = new AbortController();
void driver.watch({ told: () => undefined, repaired: () => undefined }, stop.signal);
for await (const line of createInterface(process.stdin)) {
  const { method, argument } = JSON.parse(line);
  try { console.log(JSON.stringify({ result: (await driver[method](argument)) ?? null })); }
  catch (error) { console.log(JSON.stringify({ error: String(error) })); }
}
process.exit(0);
`;

/** One more host on this machine: namespaces of its own for its network and for the names of network namespaces. */
export class SecondHost implements HostUnderTest {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** @param home @param run folders of its driver */
  static start(home: string, run: string): SecondHost {
    const script = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && mount -t sysfs none /sys && exec "$@"';
    const node = [process.execPath, '--input-type=module', '-e', CODE, home, run];
    const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', script, 'sh', ...node], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return new SecondHost(child, lines);
  }

  get pid(): string {
    return String(this.child.pid);
  }

  get enter(): readonly string[] {
    return ['nsenter', `--target=${this.pid}`, '--net', '--mount'];
  }

  get driver(): Pick<NetworkDriver, 'plug' | 'open' | 'connect' | 'unplug' | 'apply'> {
    const call = async (method: string, argument: unknown): Promise<unknown> => {
      this.child.stdin?.write(`${JSON.stringify({ method, argument })}\n`);
      const { value } = await this.lines.next();
      const answer = JSON.parse(String(value)) as { result?: unknown; error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.result;
    };
    const methods = ['plug', 'open', 'connect', 'unplug', 'apply'];
    return Object.fromEntries(
      methods.map((m) => [m, (argument: unknown) => call(m, argument)]),
    ) as SecondHost['driver'];
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}
