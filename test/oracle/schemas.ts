import { readFile } from 'node:fs/promises';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export type Schema = object;

/** What is wrong with an answer, or with a request that was taken. */
export interface Finding {
  /** The route of the released service: GET /servers/{id} */
  readonly route: string;
  /** What is wrong, and where: the same words for the same mistake. */
  readonly what: string;
}

/** Holds values against a released service's schemas. */
export class Schemas {
  private readonly ajv: Ajv | Ajv2020;
  private readonly compiled = new Map<Schema, ValidateFunction>();

  /**
   * @param own formats of the service's own, or those that it takes more widely
   * @param Dialect of JSON schema: draft 7, or 2020-12, in which Keystone's are
   */
  constructor(own: Readonly<Record<string, RegExp>>, Dialect: typeof Ajv | typeof Ajv2020 = Ajv) {
    this.ajv = new Dialect({ strict: false, allErrors: true, verbose: true, unicodeRegExp: false, logger: false });
    (formats as unknown as { default: (ajv: Ajv | Ajv2020, names: string[]) => void }).default(this.ajv, [
      'ipv4',
      'ipv6',
      'regex',
      'uri',
      'uuid',
    ]);
    for (const [name, format] of Object.entries(own)) this.ajv.addFormat(name, format);
  }

  /** What is wrong with a value: the place in it, what the schema wants, and what is there. */
  problems(schema: Schema, value: unknown): string[] {
    let validator = this.compiled.get(schema);
    if (!validator) this.compiled.set(schema, (validator = this.ajv.compile(schema)));
    if (validator(value)) return [];
    return (validator.errors ?? []).map((e) => {
      const place = e.instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*') || '/';
      const more = Object.values(e.params as Record<string, unknown>).map((v) => JSON.stringify(v));
      return `${place} ${e.message ?? e.keyword} ${more.join(' ')} (is ${JSON.stringify(e.data)?.slice(0, 200)})`;
    });
  }
}

/** The methods of a released service, from the file that `npm test` has put into the cache and names in a variable. */
export async function readReleased<Method>(variable: string): Promise<readonly Method[]> {
  const file = process.env[variable];
  if (file === undefined) throw new Error('Run the oracle with npm test: it fetches the released schemas.');
  return JSON.parse(await readFile(file, 'utf8')) as Method[];
}

/** What a route like /servers/{id} matches. */
export const matcherOf = (route: string): RegExp => new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`);

/** A body; none is null to the schemas. @returns undefined for what is no JSON */
export function parsed(answer: string): unknown {
  try {
    return answer === '' ? null : JSON.parse(answer);
  } catch {
    return undefined;
  }
}
