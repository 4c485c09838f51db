/**
 * Writes what is made from code: in docs/ settings from config/, the steps from the workflows' tables, coverage and the
 * OpenAPI documents from the router, licences from the packages; and from those documents the types of the dashboard's pages.
 *   node dist/cli/docs.js          writes them
 *   node dist/cli/docs.js --check  exits 1 when they are not what the code says
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTROLLERS } from '#apps/api/app';
import { DEVELOPMENT_CONTROLLERS } from '#apps/faults/controllers';
import { Documents } from '#apps/api/openapi/documents';
import { ROOT, describeSettings } from '#config';
import { coveragePage, operations } from './coverage-table.js';
import { licencesPage } from './licences.js';
import { pageTypes } from './page-types.js';
import { FLOWS, rowsOf } from '#workflows/flows';

const NOTE = '<!-- Made by cli/docs.ts; change the code instead. -->';

function settings(): string {
  const described = describeSettings();
  const tables = [...new Set(described.map((s) => s.section))].flatMap((section) => [
    `## ${section}`,
    '',
    '| name | variable | default | meaning |',
    '| --- | --- | --- | --- |',
    ...described
      .filter((s) => s.section === section)
      .map((s) => `| ${s.option} | \`${s.name}\` | ${s.default === '' ? '' : `\`${s.default}\``} | ${s.description} |`),
    '',
  ]);
  return [
    '# Settings',
    '',
    NOTE,
    '',
    'Each is read from an environment variable. A value that cannot be used stops the start with a sentence that says why. What a service has in OpenStack is called as there.',
    '',
    ...tables,
  ].join('\n');
}

function steps(): string {
  const tables = Object.entries(FLOWS).flatMap(([name, flow]) => [
    `## ${name.replace(/^./, (c) => c.toUpperCase())}`,
    '',
    '| step | what it does | seed | runs in | undo |',
    '| --- | --- | --- | --- | --- |',
    ...rowsOf(flow).map(
      ([step, { title, seed, on, undo }]) =>
        `| \`${step}\` | ${title} | ${seed ?? ''} | ${on} | ${typeof undo === 'string' ? `\`${undo}\`` : `none: ${undo.because}`} |`,
    ),
    '',
  ]);
  return [
    '# The steps',
    '',
    NOTE,
    '',
    'A step’s undo takes the same input as the step and is registered before the step runs.',
    '',
    ...tables,
  ].join('\n');
}

const OPENAPI = 'docs/openapi';
const documents = new Documents(CONTROLLERS);

const PAGES: Readonly<Record<string, string>> = {
  'docs/operators/settings.md': settings(),
  'docs/operators/licences.md': licencesPage(NOTE),
  'docs/contributors/steps.md': steps(),
  'apps/dashboard/api/schema.ts': pageTypes(new Documents([...CONTROLLERS, ...DEVELOPMENT_CONTROLLERS])),
  'docs/coverage.md': coveragePage(await operations()),
  ...Object.fromEntries(
    documents.names.map((name) => [`${OPENAPI}/${name}.json`, `${JSON.stringify(documents.of(name), null, 1)}\n`]),
  ),
};
const check = process.argv.includes('--check');
const refuse = (file: string): void => {
  console.error(`${file} is not what the code says: run npm run docs.`);
  process.exitCode = 1;
};
await mkdir(path.join(ROOT, OPENAPI), { recursive: true });
for (const [file, text] of Object.entries(PAGES)) {
  const at = path.join(ROOT, file);
  if (!check) await writeFile(at, text);
  else if ((await readFile(at, 'utf8').catch(() => '')) !== text) refuse(file);
}
// The document of a service that is no more goes with it.
for (const name of await readdir(path.join(ROOT, OPENAPI))) {
  const file = `${OPENAPI}/${name}`;
  if (Object.hasOwn(PAGES, file)) continue;
  if (check) refuse(file);
  else await rm(path.join(ROOT, file));
}
