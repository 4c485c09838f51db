import { setImmediate } from 'node:timers/promises';
import type { Type as Class } from '@nestjs/common';
import { routesOf, type Route } from '../http/routes.js';
import { faultsOf } from './faults.js';
import { operationOf, pathTemplate } from './operation.js';
import { SERVICES, serviceOfPath, type DescribedService } from './services.js';
import type { Json } from './versions.js';

/** Methods that OpenAPI 3.1 has a place for. */
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);
/** Other methods of a path, as OpenAPI 3.2 keeps them. */
export const OTHER_METHODS = 'x-additionalOperations';

type Members = Readonly<Record<string, Json>>;
interface Document {
  readonly info: Json;
  readonly paths: Members;
  readonly components: { readonly parameters: Members; readonly responses: Members; readonly schemas: Members };
}

/** The OpenAPI 3.1 documents of the API: one for each service, and one of all. Each is made when it is first asked for. */
export class Documents {
  /** Every route of the controllers. */
  readonly routes: readonly Route[];
  private readonly made = new Map<string, Document>();

  /** @param base the path under which the API is, without a slash at its end */
  constructor(
    controllers: readonly Class[],
    private readonly base = '',
  ) {
    this.routes = routesOf(controllers);
  }

  /** The names of the documents. */
  readonly names: readonly string[] = SERVICES.map(({ name }) => name);

  /** @returns undefined where there is no such service */
  of(name: string): object | undefined {
    const service = SERVICES.find((one) => one.name === name);
    return service === undefined ? undefined : { ...this.frame, ...this.document(service) };
  }

  /** All services in one. Making them takes a while, and others are served in between. */
  async whole(): Promise<object> {
    const all: Document[] = [];
    for (const service of SERVICES) {
      all.push(this.document(service));
      await setImmediate();
    }
    const together = (part: keyof Document['components']): Members =>
      Object.assign({}, ...all.map(({ components }) => components[part])) as Members;
    return {
      ...this.frame,
      info: { title: 'Novaflow', version: '1', license: LICENSE },
      paths: Object.assign({}, ...all.map(({ paths }) => paths)) as Members,
      components: {
        securitySchemes: SECURITY,
        parameters: together('parameters'),
        responses: together('responses'),
        schemas: together('schemas'),
      },
    };
  }

  private get frame(): object {
    return { openapi: '3.1.0', info: {}, servers: [{ url: this.base || '/' }], security: [{ token: [] }] };
  }

  private document(service: DescribedService): Document {
    const known = this.made.get(service.name);
    if (known !== undefined) return known;
    const schemas: Record<string, Json> = {};
    const paths: Record<string, Record<string, unknown>> = {};
    for (const route of this.routes.filter(({ path }) => serviceOfPath(path) === service)) {
      const item = (paths[pathTemplate(route.path)] ??= {});
      const operation = named(operationOf(route, service), service.name, schemas);
      if (METHODS.has(route.method)) item[route.method.toLowerCase()] = operation;
      else item[OTHER_METHODS] = { ...(item[OTHER_METHODS] as Json | undefined), [route.method]: operation };
    }
    const components = {
      securitySchemes: SECURITY,
      parameters: versionParameter(service),
      responses: faultsOf(service.name) as Members,
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    };
    const info = { title: `Novaflow: ${service.title}`, version: service.version, license: LICENSE };
    const document = { info, paths, components };
    this.made.set(service.name, document);
    return document;
  }
}

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
const SECURITY = {
  token: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Auth-Token',
    description: 'A token of POST /identity/v3/auth/tokens, whose answer has it in the header X-Subject-Token.',
  },
};

/** The header that asks for a microversion. */
function versionParameter({ name, type, microversions }: DescribedService): Members {
  if (microversions === undefined || type === undefined) return {};
  const { major, min, max } = microversions;
  const schema = {
    type: 'string',
    default: `${type} ${major}.${min}`,
    examples: [`${type} ${major}.${max}`, `${type} latest`],
  };
  const description = 'The microversion.';
  return { [`${name}.version`]: { name: 'OpenStack-API-Version', in: 'header', description, schema } };
}

/** Puts schemas that have a title among the components, once each, and refers to them. */
function named(value: unknown, service: string, schemas: Record<string, Json>): Json {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    const walked = Object.fromEntries(Object.entries(part).map(([key, one]) => [key, walk(one)]));
    const { title } = walked;
    if (typeof title !== 'string') return walked;
    const name = `${service}.${title}`;
    const known = schemas[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(walked))
      throw new Error(`Two schemas are called ${name}: give one of them another title.`);
    schemas[name] = walked;
    return { $ref: `#/components/schemas/${name}` };
  };
  return walk(value) as Json;
}

/** Routes whose body, and those whose answer, no schema describes. */
export function undescribed(controllers: readonly Class[]): { readonly bodies: Route[]; readonly answers: Route[] } {
  const routes = routesOf(controllers);
  return {
    bodies: routes.filter(({ readsBody, description }) => readsBody && description.body === undefined),
    answers: routes.filter(
      ({ method, status, description: { answer, answers } }) =>
        method !== 'HEAD' && status !== 204 && answer === undefined && answers === undefined,
    ),
  };
}
