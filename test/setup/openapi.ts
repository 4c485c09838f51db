import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  readonly $ref?: string;
}
export interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly required?: boolean }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly 'x-openstack-policy'?: string;
}
type PathItem = Readonly<Record<string, Operation>> & {
  readonly 'x-additionalOperations'?: Readonly<Record<string, Operation>>;
};
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** The operations of a document: `GET /path`, and what it says of each. */
export const operationsOf = ({ paths }: OpenApi): Map<string, Operation> =>
  new Map(
    Object.entries(paths).flatMap(([path, { 'x-additionalOperations': others = {}, ...methods }]) =>
      [...Object.entries(methods), ...Object.entries(others)].map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    ),
  );

/** Holds requests and answers against a document. */
export class DocumentJudge {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly operations: readonly { readonly key: string; readonly matches: RegExp; readonly literal: number }[];

  constructor(private readonly document: OpenApi) {
    (formats as unknown as { default: (ajv: Ajv2020) => void }).default(this.ajv);
    this.ajv.addSchema(document, 'document');
    this.operations = [...operationsOf(document).keys()]
      .map((key) => ({
        key,
        matches: new RegExp(
          `^${key
            .replaceAll('.', String.raw`\.`)
            .replace('{object}', '.+')
            .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
        ),
        literal: key.replaceAll(/\{\w+\}/g, '').length,
      }))
      // What is written out comes before what is named.
      .toSorted((a, b) => b.literal - a.literal);
  }

  /** What is wrong with a request that was taken, and with its answer. */
  judge(method: string, url: string, asked: unknown, status: number, answer: unknown): string[] {
    const { key } = this.operations.find(({ matches }) => matches.test(`${method} ${url.split('?')[0]}`)) ?? {};
    if (key === undefined) return [`${method} ${url} is in no document`];
    const [, path = ''] = key.split(' ');
    const place = `/paths/${path.replaceAll('/', '~1')}/${method.toLowerCase()}`;
    const operation = operationsOf(this.document).get(key)!;
    const wrong =
      status < 300 && asked !== undefined ? this.hold(`${place}/requestBody`, operation.requestBody, asked) : [];
    const response = operation.responses[status];
    const said =
      response === undefined
        ? [`has the status ${status}, which is not documented`]
        : this.answered(place, status, response, answer);
    return [...wrong, ...said].map((what) => `${key}: ${what}`);
  }

  private answered(place: string, status: number, { $ref, ...content }: Content, answer: unknown): string[] {
    if ($ref === undefined) return this.hold(`${place}/responses/${status}`, content, answer);
    const name = $ref.replace('#/components/responses/', '');
    const { responses } = this.document.components as unknown as { responses: Record<string, Content> };
    return this.hold(`/components/responses/${name}`, responses[name], answer);
  }

  private hold(place: string, described: Content | undefined, value: unknown): string[] {
    const [type] = Object.keys(described?.content ?? {});
    if (type === undefined) return value === undefined ? [] : [`${place} has a body that is not documented`];
    const pointer = `${place}/content/${type.replaceAll('/', '~1')}/schema`;
    let validate = this.compiled.get(pointer);
    if (validate === undefined) {
      validate = this.ajv.compile({ $ref: `document#${encodeURI(pointer)}` });
      this.compiled.set(pointer, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (e) =>
        `${place.includes('requestBody') ? 'body' : 'answer'} ${e.instancePath} ${e.message ?? ''} ${JSON.stringify(e.params)}`,
    );
  }
}
