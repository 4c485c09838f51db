import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '#config';

/** An entry of package-lock.json: every package of every platform, also those that this machine has not. */
interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}
/** What package.json files say of their licence, in the ways of all times. */
interface Manifest {
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
}
interface Dependency {
  readonly name: string;
  readonly licence: string;
  /** A cloud is installed with it; else it builds and tests one. */
  readonly runs: boolean;
}

/** Licences that ask for no more than their own text and the names of the authors. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]);
const isPermissive = (licence: string): boolean =>
  licence.split(/ (?:and|or) /i).every((one) => PERMISSIVE.has(one.replaceAll(/[()]/g, '')));

/**
 * The packages of the lock, by name and licence. A package says its licence in its own package.json, which the lock
 * repeats for those of other platforms.
 */
function dependencies(): Dependency[] {
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const found = new Map<string, Dependency>();
  for (const [at, { license, dev, devOptional }] of Object.entries(lock.packages)) {
    if (at === '') continue;
    const name = at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = ownLicence(at) ?? license ?? 'not said';
    const runs = !dev && !devOptional;
    const key = `${name} ${licence}`;
    found.set(key, { name, licence, runs: runs || (found.get(key)?.runs ?? false) });
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function ownLicence(at: string): string | undefined {
  const file = path.join(ROOT, at, 'package.json');
  if (!existsSync(file)) return undefined;
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type = '' }) => type).join(' OR ');
}

/** What is not permissive, or says nothing, and what that asks of whoever passes Novaflow on; by package. */
const REMARKS: readonly { readonly packages: RegExp; readonly says: string }[] = [
  {
    packages: /^lightningcss/,
    says: 'MPL-2.0: changes of its own files are to be published. It is a part of the test runner, unchanged, and in no cloud.',
  },
  {
    packages: /^elkjs$/,
    says: 'EPL-2.0: changes of its own files are to be published. It is a part of Prisma’s command-line tool, unchanged, and in no cloud.',
  },
  {
    packages: /^caniuse-lite$/,
    says: 'CC-BY-4.0, for data: its authors are to be named. It comes with the bundler that Temporal’s SDK installs; no program of a cloud has it in it.',
  },
  { packages: /^seq-queue$/, says: 'Its LICENSE file is MIT’s; its package.json says nothing.' },
  { packages: /^unionfs$/, says: 'Its LICENSE file is the Unlicense; its package.json says nothing.' },
];
const remarkOn = (name: string): string =>
  REMARKS.find(({ packages }) => packages.test(name))?.says ??
  'Not looked at yet: say in cli/licences.ts what it asks.';

/** docs/operators/licences.md. @param note that the page is made */
export function licencesPage(note: string): string {
  const all = dependencies();
  const used = all.filter(({ runs }) => runs);
  const odd = all.filter(({ licence }) => !isPermissive(licence));
  const counts = (some: readonly Dependency[]): string[] =>
    [...new Set(some.map(({ licence }) => licence))]
      .map((licence) => ({ licence, count: some.filter((one) => one.licence === licence).length }))
      .toSorted((a, b) => b.count - a.count || (a.licence < b.licence ? -1 : 1))
      .map(({ licence, count }) => `| ${licence} | ${count} |`);
  return [
    '# Licences',
    '',
    note,
    '',
    'Novaflow is under Apache-2.0 (`LICENSE`). Of the npm packages that it stands on, this is what each says of its own licence: those that',
    'a cloud runs, and those that build and test one. `package-lock.json` has their versions.',
    '',
    'A cloud also starts programs that are not part of it: PostgreSQL (PostgreSQL Licence, permissive), Temporal (MIT), QEMU,',
    'nftables, iproute2, conntrack and dnsmasq (GPL-2.0), each as a process of its own. Whoever passes these on, in an image of a machine say, does so under their licences.',
    '',
    '## What is not permissive',
    '',
    '| package | licence | comes with a cloud | what that asks |',
    '| --- | --- | --- | --- |',
    ...odd.flatMap(({ name, licence, runs }) => {
      // A package that has one more for each platform is one.
      if (odd.some((one) => name.startsWith(`${one.name}-`))) return [];
      return [`| ${name} | ${licence} | ${runs ? 'yes' : 'no'} | ${remarkOn(name)} |`];
    }),
    '',
    '## What a cloud runs',
    '',
    '| licence | packages |',
    '| --- | --- |',
    ...counts(used),
    '',
    '| package | licence |',
    '| --- | --- |',
    ...used.map(({ name, licence }) => `| ${name} | ${licence} |`),
    '',
    '## What builds and tests it',
    '',
    '| licence | packages |',
    '| --- | --- |',
    ...counts(all.filter(({ runs }) => !runs)),
    '',
  ].join('\n');
}
