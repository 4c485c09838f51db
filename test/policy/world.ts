import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Credentials, Target } from '#services/kernel/policy/index';
import { ROOT } from '#config';

interface World {
  readonly personas: Readonly<Record<string, Credentials>>;
  readonly targets: Readonly<Record<string, Target>>;
}

const at = (...parts: string[]): string => path.join(ROOT, 'test', ...parts);

/** Callers of every kind, and what they may work on. */
export const world = JSON.parse(await readFile(at('policy', 'world.json'), 'utf8')) as World;

/** Every pair of a caller and a target, in the order of the recorded answers. */
export const pairs = Object.entries(world.personas).flatMap(([persona, credentials]) =>
  Object.entries(world.targets).map(([name, target]) => ({ pair: `${persona}, ${name}`, credentials, target })),
);

/** The rows of a table of facts. */
export async function rowsOf(...file: string[]): Promise<string[][]> {
  const text = await readFile(at(...file), 'utf8');
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
}

/** The pairs that oslo.policy allowed. */
export function allowedPairs(recorded: string): string[] {
  const bits = BigInt(`0x${recorded}`).toString(2).padStart(pairs.length, '0');
  return pairs.flatMap(({ pair }, i) => (bits[i] === '1' ? [pair] : []));
}
