import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pLimit from 'p-limit';
import { ROOT } from '#config';
import type { TestCloud } from '../setup/clouds.js';

/** Of many commands at once each would take as long as all of them. */
const atOnce = pLimit(3);

/** What came of a command; one line of test/clients/client.py. */
interface Answer {
  readonly id: number;
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The client, loaded once for the tests of a file: it ends with them, when nobody writes to it any more. */
class Loaded {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { done: (answer: Answer) => void; failed: (why: Error) => void }>();
  private last = 0;

  constructor(python: string) {
    this.child = spawn(python, [path.join(ROOT, 'test/clients/client.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface(this.child.stdout!).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.waiting.get(answer.id)?.done(answer);
      this.waiting.delete(answer.id);
    });
    const ended = (why: string): void => {
      for (const { failed } of this.waiting.values()) failed(new Error(`The openstack client is gone: ${why}`));
    };
    this.child.on('error', ({ message }) => ended(message));
    this.child.on('exit', (code, signal) => ended(String(code ?? signal)));
  }

  run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Answer> {
    const id = ++this.last;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done, failed });
      this.child.stdin!.write(`${JSON.stringify({ id, args, env })}\n`);
    });
  }
}

/** The Python that has the client. */
const pythonOfClient = (): string => path.join(path.dirname(process.env['NOVAFLOW_TEST_OPENSTACK'] ?? ''), 'python3');

let loaded: Loaded | undefined;
const client = (): Loaded => (loaded ??= new Loaded(pythonOfClient()));

/**
 * The unmodified python-openstackclient, as a user of the cloud types it.
 * @param as the environment that says who: a cloud of clouds.yaml by its name, or OS_ variables of another way in
 */
export function clientOf(cloud: TestCloud, as: Readonly<Record<string, string>> = { OS_CLOUD: 'novaflow' }) {
  /** @returns what it prints @throws Error with what it says of a command that fails */
  const openstack = async (...args: string[]): Promise<string> => {
    const env = { OS_CLIENT_CONFIG_FILE: path.join(cloud.home, 'clouds.yaml'), ...as };
    const { code, out, err } = await atOnce(() => client().run(args, env));
    if (code !== 0) throw new Error(`openstack ${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  };
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await openstack(...args, '-f', 'json')) as T;
  return { openstack, json };
}
