import { beforeAll, describe, expect, it } from 'vitest';
import { unknownNames } from '#apps/api/nova/query-names';
import { allRoutes } from '../setup/routes.js';
import { NovaOracle } from './nova.js';
import { MINORS, PREFIX } from './walk.js';

const routes = allRoutes().filter((r) => r.path.startsWith(`${PREFIX}/`));
interface QuerySchema {
  readonly properties: Record<string, unknown>;
  readonly additionalProperties: boolean;
}

describe('the query of every route of compute', () => {
  let oracle: NovaOracle;
  beforeAll(async () => {
    oracle = await NovaOracle.load();
  });

  it.each(routes)(
    '$method $path takes the names that Nova takes, and refuses others from the same microversion on',
    ({ method, path }) => {
      const route = path.slice(PREFIX.length);
      const found = oracle.methodOf(method, route.replaceAll(/:\w+/g, 'x'));
      const refused = MINORS.map((minor) => {
        const schema = found && (oracle.schemaOf(found, 'query', minor) as QuerySchema | undefined);
        const known = Object.keys(schema?.properties ?? {});
        return {
          minor,
          known: unknownNames(method, route, minor, known),
          bogus: unknownNames(method, route, minor, ['bogus']).length > 0,
          novaRefuses: schema?.additionalProperties === false,
        };
      });
      expect(refused.filter((r) => r.known.length > 0 || r.bogus !== r.novaRefuses)).toEqual([]);
    },
  );
});
