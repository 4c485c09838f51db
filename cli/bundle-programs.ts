/**
 * Makes one file of each program that a cloud starts, in dist/programs. Node then opens a dozen files for a role instead
 * of two thousand, which is more than half of the time that a role takes to start (docs/contributors/architecture.md).
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rolldown, type RolldownOptions } from 'rolldown';
import { ROOT } from '#config';

/** What stays a package: native code, files that are read where they lie, and what NestJS and pg only try to load. */
const PACKAGES = [
  '@node-rs/argon2',
  'swagger-ui-dist',
  'pg-native',
  '@fastify/static',
  '@fastify/view',
  '@fastify/multipart',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
];
/** A worker starts threads from the SDK's own files, so the SDK stays a package there. */
const SDK = /^@temporalio\//;

/** @param name what its files begin with, since both lie in one directory */
async function bundle(
  name: string,
  input: Record<string, string>,
  external: NonNullable<RolldownOptions['external']>,
): Promise<void> {
  const files = Object.fromEntries(
    Object.entries(input).map(([program, file]) => [program, path.join(ROOT, 'dist', file)]),
  );
  const bundled = await rolldown({
    input: files,
    platform: 'node',
    external,
    onLog: (level, log) => {
      // protobufjs asks by `eval` for a package that may be absent.
      if (level === 'warn' && log.code !== 'EVAL') throw new Error(log.message);
    },
  });
  const { output } = await bundled.write({
    dir: path.join(ROOT, 'dist/programs'),
    format: 'esm',
    sourcemap: true,
    // The names of classes are said in logs, and NestJS tells modules apart by them.
    keepNames: true,
    // Without a hash: the next build writes over the files of this one.
    chunkFileNames: `${name}.[name].js`,
  });
  await Promise.all(output.map(({ type, fileName }) => (type === 'chunk' ? escape(fileName) : undefined)));
}

/**
 * V8 keeps a text with one letter beyond Latin-1 as two bytes for each of its letters: ten megabytes more in the api. So those few
 * are written as escapes, which mean the same in texts, templates and patterns. Lines stay, for the source map.
 */
async function escape(fileName: string): Promise<void> {
  const file = path.join(ROOT, 'dist/programs', fileName);
  const code = await readFile(file, 'utf8');
  const escaped = code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (escaped !== code) await writeFile(file, escaped);
}

const packages = new RegExp(`^(${PACKAGES.join('|')})(/|$)`);
await Promise.all([
  bundle(
    'control',
    { up: 'apps/standalone/main.js', api: 'apps/api/main.js', bootstrap: 'cli/bootstrap.js' },
    packages,
  ),
  bundle('worker', { worker: 'apps/worker/main.js' }, [packages, SDK]),
]);
