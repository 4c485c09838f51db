import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTROLLERS } from '#apps/api/app';
import { answersHead } from '#apps/api/http/head-routes';
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
  /** Why it is left out for good, where that is said (test/facts/left-out.tsv). */
  readonly leftOut?: string;
}
export interface Coverage {
  readonly service: string;
  readonly documented: number;
  readonly here: number;
  readonly leftOut: number;
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

/** A row of a table of facts, without its head. */
async function rowsOfFacts(name: string): Promise<string[][]> {
  const text = await readFile(path.join(ROOT, 'test/facts', name), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
}

/** What the router has, as a documented operation is written: with HEAD, and with each parameter of a query. */
function routed(): ReadonlySet<string> {
  return new Set(
    routesOf(CONTROLLERS).flatMap(({ method, path: at, actions, description }) => {
      const paths = [at, ...Object.keys(description.query ?? {}).map((name) => `${at}?${name}`)];
      const methods = method === 'GET' && answersHead(at) ? ['GET', 'HEAD'] : [method];
      return methods.flatMap((one) =>
        paths.flatMap((text) => ['', ...actions].map((action) => `${one} ${shape(text)} ${action}`)),
      );
    }),
  );
}

/** Every documented operation, whether the router has it, and whether it is left out. @throws for a row that is no operation, or one that is here */
export async function operations(): Promise<Operation[]> {
  const here = routed();
  const leftOut = new Map(
    (await rowsOfFacts('left-out.tsv')).map(([service, method, at, why = '']) => [`${service} ${method} ${at}`, why]),
  );
  const all = (await rowsOfFacts('openstack-operations.tsv')).map(
    ([service = '', method = '', at = '', action = '']): Operation => {
      const [before = '', parameter] = at.split('?');
      const named = parameter === undefined ? before : `${before}?${parameter.split('=')[0] ?? ''}`;
      const key = `${method} ${shape(`${PREFIXES[service] ?? ''}${named}`)} ${action}`;
      const why = leftOut.get(`${service} ${method} ${at}`);
      return { service, method, path: at, action, here: here.has(key), ...(why === undefined ? {} : { leftOut: why }) };
    },
  );
  const said = all.filter((o) => o.leftOut !== undefined && !o.here);
  if (said.length !== leftOut.size)
    throw new Error('test/facts/left-out.tsv has a row that is no documented operation, or one that the router has.');
  return all;
}

/** How many operations of each service are here. */
export function coverageOf(all: readonly Operation[]): Coverage[] {
  const services = [...new Set(all.map((o) => o.service))];
  return services.map((service) => ({ service, ...countOf(all.filter((o) => o.service === service)) }));
}

export const countOf = (some: readonly Operation[]): Omit<Coverage, 'service'> => ({
  documented: some.length,
  here: some.filter((o) => o.here).length,
  leftOut: some.filter((o) => o.leftOut !== undefined).length,
});

/** Of what is not left out by name, in whole percent: 100 only where nothing is missing. */
export const percentOf = ({ documented, here, leftOut }: Omit<Coverage, 'service'>): number =>
  Math.floor((100 * here) / (documented - leftOut));

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

const line = ({ method, path: at, action }: Operation): string =>
  `- \`${method} ${at}\`${action === '' ? '' : ` ${action}`}`;

/** The page docs/coverage.md. */
export function coveragePage(all: readonly Operation[]): string {
  const rows = [...coverageOf(all), { service: '**all**', ...countOf(all) }];
  const missing = coverageOf(all).flatMap(({ service }) => [
    `## ${service}: what is missing`,
    '',
    ...all.filter((o) => o.service === service && !o.here && o.leftOut === undefined).map(line),
    '',
  ]);
  return [
    '# Coverage of OpenStack’s API',
    '',
    '<!-- Made by cli/docs.ts from the router; run npm run docs instead of changing this. -->',
    '',
    'How many of the operations that OpenStack documents are here: those that the router has. That an operation is here says that it does what OpenStack’s does, as far as this cloud has the things that it is about. Those that are left out by name, each with its reason, are not counted in the percentage.',
    '',
    '| service | documented | here | left out | |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((r) => `| ${r.service} | ${r.documented} | ${r.here} | ${r.leftOut} | ${percentOf(r)} % |`),
    '',
    '## What is left out',
    '',
    ...all.filter((o) => o.leftOut !== undefined).map((o) => `${line(o)} (${o.service}): ${o.leftOut ?? ''}`),
    '',
    ...missing,
    ...descriptions(),
  ].join('\n');
}
