/**
 * Makes one file of each program that a cloud starts, in dist/programs. Node then opens a dozen files for a role instead
 * of two thousand, which is more than half of the time that a role takes to start (docs/contributors/architecture.md).
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { ROOT } from '#config';

/** What stays a package: native code, files that are read where they lie, and what NestJS and pg only try to load. */
const PACKAGES = [
  '@node-rs/argon2',
  'swagger-ui-dist',
  'source-map',
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
const packages = new RegExp(`^(${PACKAGES.join('|')})(/|$)`);
/** The SDK's native library lies in a folder beside the file that looks for it, so that file stays in its package. */
const nativeLibrary: Plugin = {
  name: 'native-library',
  resolveId: (id, importer) =>
    id === './common' && importer !== undefined && /[\\/]@temporalio[\\/]core-bridge[\\/]/.test(importer)
      ? { id: '@temporalio/core-bridge/common.js', external: true }
      : undefined,
};
/** The program of the thread that runs workflows: the SDK looks for it beside the file that its own code is in. */
const WORKFLOW_THREAD = '@temporalio/worker/lib/workflow/workflow-worker-thread.js';
/**
 * The SDK loads webpack for workers that bundle their workflows themselves. Ours are bundled by the build, and of this
 * module a worker then asks only which interceptors it would add.
 */
const withoutWebpack: Plugin = {
  name: 'without-webpack',
  load: {
    filter: { id: /[\\/]@temporalio[\\/]worker[\\/]lib[\\/]workflow[\\/]bundler\.js$/ },
    handler: () => 'exports.defaultWorkflowInterceptorModules = [];',
  },
};

/** @param name what its files begin with, since both lie in one directory */
async function bundle(name: string, input: Record<string, string>): Promise<void> {
  const bundled = await rolldown({
    input,
    platform: 'node',
    plugins: [nativeLibrary, withoutWebpack],
    external: packages,
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
  await Promise.all(output.filter(({ type }) => type === 'chunk').map(({ fileName }) => escape(fileName)));
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

const ours = (file: string): string => path.join(ROOT, 'dist', file);
await Promise.all([
  bundle('control', {
    up: ours('apps/standalone/main.js'),
    api: ours('apps/api/main.js'),
    bootstrap: ours('cli/bootstrap.js'),
  }),
  bundle('worker', { worker: ours('apps/worker/main.js'), 'workflow-worker-thread': WORKFLOW_THREAD }),
]);
