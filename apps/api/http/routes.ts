import 'reflect-metadata';
import { RequestMethod, SetMetadata, type Type } from '@nestjs/common';
import { descriptionOf, type Description } from './described.js';
import { POLICY, policyOf, type AskedPolicy, type Stated, type StatedByResource } from './policy.js';

/** A route of the API, as the router has it. */
export interface Route {
  readonly method: string;
  /** With `:name` where a part of it varies. */
  readonly path: string;
  readonly rule: string | undefined;
  /** The same as its service calls it; nothing for a public route. */
  readonly policy: AskedPolicy | undefined;
  /** The resource that its rule is of, and which of the resource's actions it counts as. */
  readonly of: Pick<StatedByResource, 'spec' | 'action'> | undefined;
  /** What the body's one member may be called, where that says what is to be done. */
  readonly actions: readonly string[];
  /** The controller and its method: `Servers.create`. */
  readonly handler: string;
  /** The status of its usual answer. */
  readonly status: number;
  /** It reads a body itself. */
  readonly readsBody: boolean;
  /** The headers that it reads by their names. */
  readonly headers: readonly string[];
  readonly description: Description;
}

/** Nest's keys of what its decorators say, and how it numbers `@Body()` and `@Headers()` among those of parameters. */
const STATUS = '__httpCode__';
const ARGUMENTS = '__routeArguments__';
const BODY = '3:';
const HEADERS = '6:';

type Arguments = Readonly<Record<string, { readonly data?: string }>>;

const ACTIONS = Symbol('actions');
/** States what a handler does by the name of its body's one member, as `POST /servers/{id}/action` does. */
export const Actions = (names: readonly string[]): MethodDecorator => SetMetadata(ACTIONS, names);

/** Every route of some controllers, read off them as Nest reads it. */
export const routesOf = (controllers: readonly Type[]): Route[] =>
  controllers.flatMap((controller) => {
    const base = (Reflect.getMetadata('path', controller) as string).replace(/^\/?/, '/');
    const prototype = controller.prototype as unknown as Record<string, object>;
    return Object.getOwnPropertyNames(prototype).flatMap((name): Route[] => {
      const handler: unknown =
        name === 'constructor' ? undefined : Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (typeof handler !== 'function') return [];
      const path = Reflect.getMetadata('path', handler) as string | undefined;
      if (path === undefined) return [];
      const stated = (Reflect.getMetadata(POLICY, handler) ?? Reflect.getMetadata(POLICY, controller)) as
        Stated | StatedByResource | undefined;
      const method = RequestMethod[Reflect.getMetadata('method', handler) as number]!;
      const parameters = (Reflect.getMetadata(ARGUMENTS, controller, name) as Arguments | undefined) ?? {};
      const read = (kind: string) => Object.entries(parameters).filter(([key]) => key.startsWith(kind));
      return [
        {
          method,
          path: `${base}/${path}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1'),
          rule: stated?.rule,
          policy: stated === undefined ? undefined : policyOf(stated),
          of: stated !== undefined && 'spec' in stated ? stated : undefined,
          actions: (Reflect.getMetadata(ACTIONS, handler) as readonly string[] | undefined) ?? [],
          handler: `${controller.name.replace(/Controller$/, '')}.${name}`,
          status: (Reflect.getMetadata(STATUS, handler) as number | undefined) ?? (method === 'POST' ? 201 : 200),
          readsBody: read(BODY).length > 0,
          headers: read(HEADERS).flatMap(([, { data }]) => data ?? []),
          description: descriptionOf(handler),
        },
      ];
    });
  });
