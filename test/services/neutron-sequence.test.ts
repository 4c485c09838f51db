import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { pathOf } from '#apps/api/kit/dialect';
import { NEUTRON_RESOURCES } from '#apps/api/neutron/neutron.module';
import type { AnySpec } from '#services/kernel/resource/spec';
import { V2, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';
import { LEFT_OUT, THINGS, UNCHANGED, type Request, type Thing } from './neutron-things.js';

let cloud: ServiceApi;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
});
afterAll(() => cloud.stop());

/** A path whatever its parameters are called. */
const shape = (path: string): string => path.replaceAll(/:[\w -]+/g, ':');
const made = NEUTRON_RESOURCES.map(({ spec }) => spec).filter(
  ({ actions }) => actions === undefined || actions.includes('create'),
);
const specOf = (thing: Thing): AnySpec => made.find((spec) => shape(pathOf(spec)) === shape(thing.in))!;

const ids = new Map<string, string>();
function id(name: string): string {
  const known = name === 'project' ? cloud.admin.projectId : ids.get(name);
  if (known === undefined) throw new Error(`The table has no ${name} before what names it.`);
  return known;
}
const filled = (path: string): string => `${V2}/${path.replaceAll(/:([\w ]+)/g, (_all, name: string) => id(name))}`;
const pathTo = (thing: Thing): string => `${filled(thing.in)}/${id(thing.name)}`;
const nameOf = (thing: Thing): string => specOf(thing).names[0];

/** What was asked for, as an answer shows it. */
const expectedOf = ({ hidden, texts }: Thing, asked: object): object =>
  Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]: [string, unknown]) =>
      hidden?.includes(name) ? [] : [[name, texts?.includes(name) ? String(value) : value]],
    ),
  );

async function shown(thing: Thing): Promise<object> {
  const body = await cloud.admin.call<Record<string, object>>('GET', pathTo(thing));
  return body[nameOf(thing)]!;
}
async function run(requests: readonly Request[] = []): Promise<void> {
  for (const [method, path, body] of requests) await cloud.admin.call(method, filled(path), body?.(id));
}
/** One test for each thing, so that a failure says of which. */
const each = (things: readonly Thing[]) => things.map((thing) => [thing.name, thing] as const);

describe('What somebody describes who has all of Neutron in a file', () => {
  it('is all that there is to make', () => {
    const described = new Set([...THINGS.map((thing) => thing.in), ...Object.keys(LEFT_OUT)].map(shape));
    expect(made.map((spec) => pathOf(spec)).filter((path) => !described.has(shape(path)))).toEqual([]);
  });

  it.each([...new Set(THINGS.map((thing) => thing.in))])(
    'is changed, of %s, in every attribute that Neutron lets change',
    (path) => {
      const things = THINGS.filter((thing) => thing.in === path);
      const changed = things.flatMap((thing) => (thing.changes?.(() => 'x') ?? []).flatMap((one) => Object.keys(one)));
      const spec = specOf(things[0]!);
      const may = Object.entries(spec.fields).flatMap(([name, { options }]) =>
        options.write?.includes('put') && (spec.actions?.includes('update') ?? true) ? [name] : [],
      );
      expect([...new Set([...changed, ...Object.keys(UNCHANGED[path] ?? {})])].toSorted()).toEqual(may.toSorted());
    },
  );

  it.each(each(THINGS))('is made as it is described, and shown so: %s', async (_name, thing) => {
    const asked = thing.make(id);
    const body = await cloud.admin.call<Record<string, { id: string }>>('POST', filled(thing.in), {
      [nameOf(thing)]: asked,
    });
    ids.set(thing.name, body[nameOf(thing)]!.id);
    expect(body[nameOf(thing)]).toMatchObject(expectedOf(thing, asked));
    expect(await shown(thing)).toMatchObject(expectedOf(thing, asked));
    await run(thing.joined);
  });

  it.each(each(THINGS.filter((thing) => thing.inUse)))(
    'cannot be deleted while something needs it: %s',
    async (_name, thing) => {
      const answer = await cloud.admin.request<Refused>('DELETE', pathTo(thing));
      expect(refusalOf(answer).slice(0, 2)).toEqual(thing.inUse);
    },
  );

  it.each(each(THINGS.filter((thing) => specOf(thing).actions?.includes('update') ?? true)))(
    'is changed in place, attribute by attribute, and all others are refused: %s',
    async (_name, thing) => {
      for (const change of thing.changes?.(id) ?? []) {
        const answer = await cloud.admin.request<Refused>('PUT', pathTo(thing), { [nameOf(thing)]: change });
        expect([change, ...refusalOf(answer)]).toEqual([change, 200, undefined, undefined]);
        expect(await shown(thing)).toMatchObject(expectedOf(thing, change));
      }
      const before = await shown(thing);
      const fixed = Object.entries(specOf(thing).fields).filter(
        ([
          ,
          {
            options: { write, hidden },
          },
        ]) => !write?.includes('put') && (!hidden || write !== undefined),
      );
      for (const [name] of fixed) {
        const change = { [nameOf(thing)]: { [name]: (before as Record<string, unknown>)[name] ?? null } };
        expect(refusalOf(await cloud.admin.request<Refused>('PUT', pathTo(thing), change))).toEqual([
          400,
          'HTTPBadRequest',
          `Cannot update read-only attribute ${name}`,
        ]);
      }
      expect(await shown(thing)).toEqual(before);
    },
  );

  it.each(each(THINGS.toReversed()))('is deleted, the last first, and is gone: %s', async (_name, thing) => {
    await run(thing.parted);
    expect(refusalOf(await cloud.admin.request<Refused>('DELETE', pathTo(thing)))).toEqual([204, undefined, undefined]);
    expect((await cloud.admin.request('GET', pathTo(thing))).status).toBe(404);
  });

  it('leaves nothing behind', async () => {
    for (const table of ['networks', 'subnets', 'ports', 'ip_allocations', 'routers', 'floating_ips', 'trunks']) {
      const { rows } = await cloud.database.query(`SELECT * FROM neutron.${table}`);
      expect([table, rows]).toEqual([table, []]);
    }
  });
});
