import 'reflect-metadata';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Type, type Static, type TSchema } from 'typebox';
import type { ApiRequest } from './request.js';
import { validate } from './validation.js';

/** A schema that is another one at some microversions; `changes` are the minors from which it is. */
export interface SchemaAt {
  (minor: number): TSchema;
  readonly changes: readonly number[];
}
export type Schema = TSchema | SchemaAt;

/** One parameter of a query. */
export interface Parameter {
  /** A text when left out. */
  readonly schema?: TSchema;
  readonly description?: string;
  readonly required?: true;
  /** It may be given several times. */
  readonly many?: true;
  /** The microversions that have it. */
  readonly since?: number;
}
export type Parameters = Readonly<Record<string, Parameter>>;

/** The media type of a body that is no JSON. */
export const BYTES = 'application/octet-stream';

/** What a route takes and answers, as far as Nest's own decorators do not say it. OpenAPI is made of it. */
export interface Description {
  readonly summary?: string;
  readonly body?: { readonly schema: Schema; readonly types?: readonly string[]; readonly optional?: true };
  readonly query?: Parameters;
  /** Headers, each with what it is for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The bodies of answers by status; null is an answer without a body. */
  readonly answers?: Readonly<Record<number, Schema | null>>;
  /** The minors, from a first to a last, that answer with a status; all of them when left out. */
  readonly spans?: Readonly<Record<number, readonly { readonly first: number; readonly last: number }[]>>;
  /** The body of the handler's usual status. */
  readonly answer?: Schema | null;
  /** Errors that it answers and other routes of its kind do not. */
  readonly refusals?: readonly number[];
  /** The media type of that body, where it is no JSON. */
  readonly answerType?: string;
  /** The microversions that have the route. */
  readonly since?: number;
  readonly until?: number;
}

const DESCRIPTION = Symbol('description');

/** What is known of a handler. */
export const descriptionOf = (handler: object): Description =>
  (Reflect.getMetadata(DESCRIPTION, handler) as Description | undefined) ?? {};

const add = (handler: object, more: Description): void =>
  Reflect.defineMetadata(DESCRIPTION, { ...descriptionOf(handler), ...more }, handler);
const addTo = (prototype: object, method: string | symbol | undefined, more: Description): void =>
  add((prototype as Record<string | symbol, object>)[method!]!, more);

/** Describes a handler whose request or answer its parameters do not describe: what is read as a stream, or made by a kit. */
export const Described =
  (more: Description): MethodDecorator =>
  (_prototype, _method, descriptor) =>
    add(descriptor.value as object, more);

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** States the schema of a handler's answer at its usual status. The compiler holds that the handler answers it. */
export const Answers =
  <T extends TSchema>(schema: T) =>
  <H extends (...args: never[]) => Frozen<Static<T>> | Promise<Frozen<Static<T>>>>(
    _prototype: object,
    _method: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void =>
    add(descriptor.value!, { answer: schema });

/** States that an answer has no body though its status could have one. */
export const AnswersNothing = (): MethodDecorator => Described({ answer: null });

interface BodyOptions {
  /** Checks in a service's words; Nova's when left out. @throws 400 */
  readonly check?: (schema: TSchema, body: unknown) => unknown;
  /** No body is an empty one. */
  readonly optional?: true;
}
type Read = (request: ApiRequest) => unknown;
const requestOf = (execution: ExecutionContext): ApiRequest => execution.switchToHttp().getRequest<ApiRequest>();
const ofRequest = createParamDecorator((read: Read, execution: ExecutionContext) => read(requestOf(execution)));

export const isVersioned = (schema: Schema): schema is SchemaAt => typeof schema === 'function';

/** The request's body, checked by the schema that also describes it. */
export function ValidBody(schema: Schema, { check = validate, optional }: BodyOptions = {}): ParameterDecorator {
  const read: Read = ({ body, microversion }) =>
    check(isVersioned(schema) ? schema(microversion) : schema, optional && body === undefined ? {} : body);
  return (prototype, method, index) => {
    ofRequest(read)(prototype, method, index);
    addTo(prototype, method, { body: { schema, ...(optional ? { optional } : {}) } });
  };
}

/**
 * The parameters of the query that are named here, each with its last value, and no others.
 * @param parameters what each is for, in a sentence, or all that there is to say of it
 */
export function Query(parameters: Readonly<Record<string, string | Parameter>>): ParameterDecorator {
  const names = Object.keys(parameters);
  const read: Read = ({ query }) => {
    const given = query as Readonly<Record<string, string | string[]>>;
    return Object.fromEntries(
      names.flatMap((name) => (Object.hasOwn(given, name) ? [[name, [given[name]!].flat().at(-1)]] : [])),
    );
  };
  const described = Object.entries(parameters).map(([name, one]): [string, Parameter] => [
    name,
    typeof one === 'string' ? { description: one } : one,
  ]);
  return (prototype, method, index) => {
    ofRequest(read)(prototype, method, index);
    addTo(prototype, method, { query: Object.fromEntries(described) });
  };
}

/** A body that may be any JSON. */
export const ANY: TSchema = Type.Unknown();
