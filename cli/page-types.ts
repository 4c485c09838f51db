import type { Documents } from '#apps/api/openapi/documents';

/** What the pages of the dashboard read beside resources of the kit, whose records are as they are described. */
const READ: readonly (readonly [document: string, path: string])[] = [
  ['dashboard', '/dashboard/session'],
  ['dashboard', '/dashboard/resources'],
  ['dashboard', '/dashboard/actions'],
  ['dashboard', '/dashboard/operations'],
  ['dashboard', '/dashboard/operations/{id}'],
  ['internal', '/internal/operations'],
  ['internal', '/internal/audit'],
  ['internal', '/internal/faults'],
  ['internal', '/internal/faults/steps'],
  ['internal', '/internal/chaos'],
  ['internal', '/internal/chaos/{id}'],
  ['alarming', '/alarming/v2/alarms'],
  ['alarming', '/alarming/v2/alarms/{id}'],
  ['alarming', '/alarming/v2/alarms/{id}/history'],
  ['metric', '/metric/v1/resource_type'],
  ['metric', '/metric/v1/resource/{type}'],
  ['metric', '/metric/v1/resource/{type}/{id}'],
  ['metric', '/metric/v1/resource/{type}/{id}/metric'],
  ['metric', '/metric/v1/resource/{type}/{id}/metric/{name}/measures'],
  ['compute', '/compute/v2.1/os-hypervisors/detail'],
  ['compute', '/compute/v2.1/limits'],
  ['network', '/network/v2.0/quotas/{projectId}/details'],
  ['volume', '/volume/v3/os-quota-sets/{projectId}'],
  ['object-store', '/object-store/v1/{account}'],
  ['object-store', '/object-store/v1/{account}/{container}'],
];

type Json = Readonly<Record<string, unknown>>;
interface Document {
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: Json } } | undefined>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** `dashboard.Operation` is Operation, and `object-store.Container` ObjectStoreContainer. */
function nameOf(component: string): string {
  const [service = '', name = ''] = component.split('.');
  const prefix = service.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return service === 'dashboard' ? name : `${prefix}${name}`;
}

const literal = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value));
const keyOf = (name: string): string => (/^[a-z_]\w*$/i.test(name) ? name : `'${name}'`);

const listOf = (type: string): string => `readonly ${/[|{]/.test(type) ? `(${type})` : type}[]`;

/** The TypeScript types of what the dashboard's pages read, as the OpenAPI documents describe it. */
class PageTypes {
  private readonly named = new Map<string, string>();

  constructor(private readonly documents: Documents) {}

  /** @throws where a route that is read has no described answer */
  text(): string {
    const answers = READ.map(([name, path]) => {
      const document = this.documents.of(name) as Document | undefined;
      const responses = document?.paths[path]?.get.responses as
        Record<string, { content?: Record<string, { schema?: Json }> }> | undefined;
      const schema = responses?.['200']?.content?.['application/json']?.schema;
      if (document === undefined || schema === undefined) throw new Error(`GET ${path} says of no answer what it is.`);
      return `  readonly 'GET ${path}': ${this.typeOf(schema, document, '  ')};`;
    });
    return [
      '// Made by cli/page-types.ts from the OpenAPI documents; change the schemas of the API instead.',
      '',
      ...[...this.named]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, type]) => `export type ${name} = ${type};\n`),
      'export interface Answers {',
      ...answers,
      '}',
      '',
    ].join('\n');
  }

  private typeOf(schema: Json, document: Document, indent: string): string {
    const inner = (one: unknown): string => this.typeOf(one as Json, document, indent);
    const ref = schema['$ref'];
    if (typeof ref === 'string') return this.refer(ref, document);
    if ('const' in schema) return literal(schema['const']);
    if (Array.isArray(schema['enum'])) return schema['enum'].map(literal).join(' | ');
    const either = schema['anyOf'] ?? schema['oneOf'];
    if (Array.isArray(either)) return [...new Set(either.map(inner))].join(' | ');
    const { type } = schema;
    if (Array.isArray(type)) return type.map((one) => inner({ ...schema, type: one as unknown })).join(' | ');
    if (type === 'array') return listOf(inner(schema['items'] ?? {}));
    if (type === 'object') return this.objectOf(schema, document, indent);
    if (type === 'integer' || type === 'number') return 'number';
    return type === 'string' || type === 'boolean' || type === 'null' ? type : 'unknown';
  }

  private objectOf(schema: Json, document: Document, indent: string): string {
    const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined;
    const others = Object.values((schema['patternProperties'] ?? {}) as Readonly<Record<string, Json>>);
    const rest = others[0] ?? (schema['additionalProperties'] as Json | boolean | undefined);
    if (properties === undefined)
      return `Readonly<Record<string, ${typeof rest === 'object' ? this.typeOf(rest, document, indent) : 'unknown'}>>`;
    const required = new Set((schema['required'] ?? []) as readonly string[]);
    const members = Object.entries(properties).map(
      ([name, one]) =>
        `${indent}  readonly ${keyOf(name)}${required.has(name) ? '' : '?'}: ${this.typeOf(one, document, `${indent}  `)};\n`,
    );
    if (typeof rest !== 'object') return `{\n${members.join('')}${indent}}`;
    const all = [rest, ...Object.values(properties)].map((one) => this.typeOf(one, document, `${indent}  `));
    const index = `${indent}  readonly [name: string]: ${[...new Set(all)].join(' | ')};\n`;
    return `{\n${members.join('')}${index}${indent}}`;
  }

  private refer(ref: string, document: Document): string {
    const component = ref.replace('#/components/schemas/', '');
    const name = nameOf(component);
    if (!this.named.has(name)) {
      // A schema may lead back to itself.
      this.named.set(name, '');
      this.named.set(name, this.typeOf(document.components.schemas[component] ?? {}, document, ''));
    }
    return name;
  }
}

export const pageTypes = (documents: Documents): string => new PageTypes(documents).text();
