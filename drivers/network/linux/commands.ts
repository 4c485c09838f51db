import { spawn } from 'node:child_process';
import { DriverError } from '../../errors.js';

/** `ip`, `nft` and their like answer within milliseconds; one that takes this long hangs, and holds up all others. */
const COMMAND_MS = 20_000;
/** The rules and links of one namespace are some hundred kilobytes at most. */
const MOST_OUTPUT = 64 * 2 ** 20;

/** A command that failed, with what it said. Its input is left out: what a host is told is nobody else's. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly command: string,
    readonly code: number | null,
    readonly stderr: string,
  ) {
    super(`${command} failed (${code ?? 'killed'}): ${stderr.trim().slice(0, 1000)}`);
  }
}

/** Runs a command without a shell. @param input its standard input. @returns what it wrote. @throws CommandError */
export function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: COMMAND_MS, killSignal: 'SIGKILL' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_OUTPUT) child.kill('SIGKILL');
      else out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A command that ends before it has read its input says why by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new DriverError('host', 'ToolMissing', `The program ${command} is not on the PATH of this host.`, error)
          : error,
      ),
    );
    child.on('close', (code) => {
      const name = `${command} ${args.slice(0, 4).join(' ')}`;
      if (code === 0 && bytes <= MOST_OUTPUT) resolve(Buffer.concat(out).toString('utf8'));
      else reject(new CommandError(name, code, Buffer.concat(err).toString('utf8')));
    });
    child.stdin.end(input);
  });
}

/** Runs a command in a network namespace. */
export const runIn = (namespace: string, command: string, args: readonly string[], input?: string): Promise<string> =>
  run('ip', ['netns', 'exec', namespace, command, ...args], input);

/**
 * Runs `ip` commands in a namespace ('' = the machine's own), all of them by one process. It ends at the first that fails.
 * @param lines without the word `ip`: `link set br0 up`
 */
export async function ip(namespace: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await run('ip', [...inside(namespace), '-batch', '-'], `${lines.join('\n')}\n`);
}

/** What an `ip` command shows, as it stands in its JSON. The caller knows its shape. */
export async function ipShow<T>(namespace: string, args: readonly string[]): Promise<T[]> {
  const text = await run('ip', [...inside(namespace), '-json', ...args]);
  // An empty list is no text at all in some of its commands, and `{}` stands for a thing that the filter leaves out.
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]).filter((each) => Object.keys(each as object).length > 0);
}

/** Loads rules in one transaction: all of them or none. */
export async function nft(namespace: string, rules: string): Promise<void> {
  await (namespace === '' ? run('nft', ['-f', '-'], rules) : runIn(namespace, 'nft', ['-f', '-'], rules));
}

const inside = (namespace: string): string[] => (namespace === '' ? [] : ['-n', namespace]);
