import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTROLLERS } from '#apps/api/app';
import { routesOf, type Route } from '#apps/api/http/routes';
import { undescribed } from '#apps/api/openapi/documents';
import { ROOT } from '#config';

/** One documented operation of OpenStack (test/facts/openstack-operations.tsv). */
export interface Operation {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** The member of the body that says what is to be done. */
  readonly action: string;
  readonly here: boolean;
}
export interface Coverage {
  readonly service: string;
  readonly documented: number;
  readonly here: number;
}

/** Where each service's documented paths are in this API. */
const PREFIXES: Readonly<Record<string, string>> = {
  keystone: '/identity',
  nova: '/compute/v2.1',
  placement: '/placement',
  glance: '/image',
  neutron: '/network/v2.0',
  cinder: '/volume/v3',
  aodh: '/alarming',
  gnocchi: '/metric',
};

/** A path in which every part that varies is the same. */
const shape = (text: string): string => text.replaceAll(/:\w+|\{[^}]+\}/g, '*').replace(/(.)\/$/, '$1');

/** Every documented operation, and whether the router has it. */
export async function operations(): Promise<Operation[]> {
  const here = new Set(
    routesOf(CONTROLLERS).flatMap(({ method, path: at, actions }) =>
      ['', ...actions].map((action) => `${method} ${shape(at)} ${action}`),
    ),
  );
  const text = await readFile(path.join(ROOT, 'test/facts/openstack-operations.tsv'), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [service = '', method = '', at = '', action = ''] = line.split('\t');
      const key = `${method} ${shape(`${PREFIXES[service] ?? ''}${at}`)} ${action}`;
      return { service, method, path: at, action, here: here.has(key) };
    });
}

/** How many operations of each service are here. */
export function coverageOf(all: readonly Operation[]): Coverage[] {
  const services = [...new Set(all.map((o) => o.service))];
  return services.map((service) => {
    const own = all.filter((o) => o.service === service);
    return { service, documented: own.length, here: own.filter((o) => o.here).length };
  });
}

/** How far the OpenAPI documents (docs/openapi) describe what the handlers take and answer. */
function descriptions(): string[] {
  const { bodies, answers } = undescribed(CONTROLLERS);
  const list = (routes: readonly Route[]): string[] => routes.map(({ method, path: at }) => `- \`${method} ${at}\``);
  return [
    '## The OpenAPI documents',
    '',
    `${routesOf(CONTROLLERS).length} routes are described. Routes whose body has no schema: ${bodies.length}; whose answer has none: ${answers.length}.`,
    '',
    ...list([...new Set([...bodies, ...answers])]),
  ];
}

/** The page docs/coverage.md. */
export function coveragePage(all: readonly Operation[]): string {
  const rows = coverageOf(all);
  const total = rows.reduce(
    (sum, r) => ({ ...sum, documented: sum.documented + r.documented, here: sum.here + r.here }),
    {
      service: '**all**',
      documented: 0,
      here: 0,
    },
  );
  const missing = rows.flatMap(({ service }) => [
    `## ${service}: what is missing`,
    '',
    ...all
      .filter((o) => o.service === service && !o.here)
      .map((o) => `- \`${o.method} ${o.path}\`${o.action === '' ? '' : ` ${o.action}`}`),
    '',
  ]);
  return [
    '# Coverage of OpenStack’s API',
    '',
    '<!-- Made by cli/docs.ts from the router; run npm run docs instead of changing this. -->',
    '',
    'How many of the operations that OpenStack documents are here: those that the router has. That an operation is here says that it does what OpenStack’s does, as far as this cloud has the things that it is about.',
    '',
    '| service | documented | here | |',
    '| --- | --- | --- | --- |',
    ...[...rows, total].map(
      (r) => `| ${r.service} | ${r.documented} | ${r.here} | ${Math.round((100 * r.here) / r.documented)} % |`,
    ),
    '',
    ...missing,
    ...descriptions(),
  ].join('\n');
}
