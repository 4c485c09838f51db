import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { CONTROLLERS } from '#apps/api/app';
import { byMinor } from '#apps/api/http/by-minor';
import { schemaLike } from '#apps/api/kit/example';
import { Documents, undescribed } from '#apps/api/openapi/documents';
import { pathTemplate } from '#apps/api/openapi/operation';
import { mergeVersions } from '#apps/api/openapi/versions';
import { DEVELOPMENT_CONTROLLERS } from '#apps/faults/controllers';
import { operationsOf, type OpenApi } from '../../setup/openapi.js';
import { allRoutes } from '../../setup/routes.js';

const documents = new Documents([...CONTROLLERS, ...DEVELOPMENT_CONTROLLERS]);
const parsed = (document: object): OpenApi => JSON.parse(JSON.stringify(document)) as OpenApi;
const whole = parsed(await documents.whole());
const all = documents.names.map((name): [string, OpenApi] => [name, parsed(documents.of(name)!)]);
const keys = (document: OpenApi): string[] => [...operationsOf(document).keys()];

describe('the OpenAPI documents', () => {
  it.each([...all, ['all services', whole] as [string, OpenApi]])(
    'of %s is valid by the schema of OpenAPI 3.1, and all that it refers to is there',
    async (_name, document) => {
      expect(document.openapi).toBe('3.1.0');
      const result = await new Validator().validate({ ...document });
      expect(result).toEqual({ valid: true });
      const ajv = new Ajv2020({ strict: false, logger: false });
      (formats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
      ajv.addSchema(document, 'document');
      const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
      for (const ref of new Set(refs.filter((one) => one.includes('/schemas/'))))
        expect(() => ajv.compile({ $ref: `document${ref}` })).not.toThrow();
    },
  );

  it('have every route of the router, and no other', () => {
    const routes = allRoutes().map(({ method, path }) => `${method} ${pathTemplate(path)}`);
    expect(all.flatMap(([, document]) => keys(document)).toSorted()).toEqual(routes.toSorted());
    expect(keys(whole).toSorted()).toEqual(routes.toSorted());
  });

  it('name each operation once, and each parameter of its path', () => {
    const operations = [...operationsOf(whole)];
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [key, { parameters }] of operations) {
      const inPath = parameters.filter((p) => p.in === 'path');
      expect([key, inPath.map(({ name }) => `{${name}}`)]).toEqual([key, key.match(/\{\w+\}/g) ?? []]);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it('say the policy of every route that has one, under OpenStack’s name', () => {
    for (const { method, path, policy } of allRoutes()) {
      const operation = all.map(([, d]) => operationsOf(d).get(`${method} ${pathTemplate(path)}`)).find(Boolean);
      expect([method, path, operation?.['x-openstack-policy']]).toEqual([method, path, policy?.rule]);
    }
    const compute = operationsOf(new Map(all).get('compute')!);
    expect(compute.get('POST /compute/v2.1/servers')?.['x-openstack-policy']).toBe('os_compute_api:servers:create');
  });

  it('describe the body that every handler reads, and what every handler answers', () => {
    const { bodies, answers } = undescribed([...CONTROLLERS, ...DEVELOPMENT_CONTROLLERS]);
    expect([...bodies, ...answers].map(({ handler }) => handler)).toEqual([]);
  });

  it('say which microversions answer with which status, and with what', () => {
    const made = operationsOf(new Map(all).get('placement')!).get('POST /placement/resource_providers')!;
    const { 200: since, 201: until } = made.responses;
    expect(since).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/placement.ResourceProvider' } } },
      'x-openstack-microversions': [{ min: '1.20' }],
    });
    expect(until).toEqual({
      description: 'Made. Microversions: until 1.19.',
      'x-openstack-microversions': [{ max: '1.19' }],
    });
  });

  it('have a choice for each action of a server', () => {
    const { schemas } = new Map(all).get('compute')!.components;
    const operation = operationsOf(new Map(all).get('compute')!).get('POST /compute/v2.1/servers/{id}/action')!;
    const { oneOf } = operation.requestBody!.content!['application/json']!.schema as { oneOf: { $ref: string }[] };
    const names = oneOf.map(({ $ref }) => $ref.replace('#/components/schemas/compute.', ''));
    const { actions } = allRoutes().find(({ path }) => path === '/compute/v2.1/servers/:id/action')!;
    expect(names.toSorted()).toEqual([...actions].toSorted());
    expect(schemas['compute.reboot']).toMatchObject({
      required: ['reboot'],
      'x-openstack-policy': 'os_compute_api:servers:reboot',
    });
  });
});

describe('the schemas of several microversions', () => {
  const nova = { major: 2, min: 1, max: 104 };
  const merged = (make: Parameters<typeof byMinor>[0], changes: number[]): object =>
    mergeVersions(
      nova,
      (minor) => JSON.parse(JSON.stringify(byMinor(make, changes)(minor))) as Record<string, unknown>,
      changes,
    );

  it('are one, in which each property says the microversions that have it', () => {
    const schema = merged(
      (minor) =>
        Type.Object({
          name: Type.String(),
          ...(minor >= 19 ? { description: Type.String() } : {}),
          ...(minor === 32 || minor >= 42 ? { tag: Type.String() } : {}),
          ...(minor < 57 ? { personality: Type.Object({ path: Type.String() }) } : {}),
        }),
      [1, 19, 32, 33, 42, 57],
    );
    expect(schema).toEqual({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        description: {
          type: 'string',
          description: 'Microversions: since 2.19.',
          'x-openstack-microversions': [{ min: '2.19' }],
        },
        tag: {
          type: 'string',
          description: 'Microversions: 2.32, since 2.42.',
          'x-openstack-microversions': [{ min: '2.32', max: '2.32' }, { min: '2.42' }],
        },
        personality: {
          type: 'object',
          required: ['path'],
          properties: { path: { type: 'string' } },
          description: 'Microversions: until 2.56.',
          'x-openstack-microversions': [{ max: '2.56' }],
        },
      },
    });
  });

  it('are alternatives where they are of different kinds', () => {
    const schema = merged((minor) => (minor < 53 ? Type.Integer() : Type.String()), [1, 53]);
    expect(schema).toMatchObject({
      anyOf: [
        { type: 'integer', 'x-openstack-microversions': [{ max: '2.52' }] },
        { type: 'string', 'x-openstack-microversions': [{ min: '2.53' }] },
      ],
    });
  });
});

describe('a schema that is told from samples', () => {
  it('requires what all of them have, and takes the kinds that they are of', () => {
    const item = Type.Object({ id: Type.String() }, { title: 'Item' });
    const known = { id: 'x' };
    const schema = schemaLike(
      [
        { items: [known], next: null },
        { items: [known], next: 'http://x', count: 1 },
      ],
      new Map([[known, item]]),
    );
    expect(JSON.parse(JSON.stringify(schema))).toEqual({
      type: 'object',
      required: ['items', 'next'],
      properties: {
        items: { type: 'array', items: JSON.parse(JSON.stringify(item)) as object },
        next: { type: ['null', 'string'] },
        count: { type: 'integer' },
      },
      additionalProperties: false,
    });
  });
});
