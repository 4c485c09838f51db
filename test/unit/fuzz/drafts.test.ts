import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Documents } from '#apps/api/openapi/documents';
import { CONTROLLERS } from '#apps/api/app';
import { draftsOf, requestOf, type Sender } from '../../fuzz/requests.js';
import { Values, type Schema } from '../../fuzz/schemas.js';
import { operationsOf, type OpenApi } from '../../setup/openapi.js';
import { allRoutes } from '../../setup/routes.js';

const sender: Sender = {
  name: 'member',
  token: 'token',
  names: { image: 'i', network: 'n', project: 'p', user: 'u', password: 'w', provider: 'r' },
  ids: new Map([['servers', ['one', 'two']]]),
};

describe('the requests of the fuzz', () => {
  let document: OpenApi;
  beforeAll(async () => {
    document = (await new Documents(CONTROLLERS).whole()) as OpenApi;
  });

  it('are among them some of each route that its schema takes', () => {
    const ajv = new Ajv2020({ strict: false, logger: false });
    (formats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
    ajv.addSchema(document, 'document');
    const values = new Values(document.components.schemas);
    const never = [...operationsOf(document)].flatMap(([key, { requestBody }]) => {
      const { schema } = (requestBody?.content?.['application/json'] ?? {}) as { schema?: Schema };
      if (schema === undefined) return [];
      const [method = '', path = ''] = key.split(' ');
      const place = `/paths/${path.replaceAll('/', '~1')}/${method.toLowerCase()}/requestBody/content/application~1json/schema`;
      const validate = ajv.compile({ $ref: `document#${encodeURI(place)}` });
      return fc.sample(values.of(schema), { numRuns: 60, seed: 1 }).some((body) => validate(body)) ? [] : [key];
    });
    expect(never).toEqual([]);
  });

  it('are the same for the same seed, for each route', () => {
    const values = new Values(document.components.schemas);
    for (const route of allRoutes()) {
      const drawn = () =>
        fc
          .sample(draftsOf(route, { query: [] }, sender, values), { numRuns: 4, seed: 7 })
          .map((draft) => requestOf(draft, sender));
      expect(drawn()).toEqual(drawn());
      for (const { target } of drawn()) expect(target).toMatch(/^\//);
    }
  });
});
