import 'reflect-metadata';
import { RequestMethod, SetMetadata, type Type } from '@nestjs/common';
import { POLICY, type Stated, type StatedByResource } from './policy.js';

/** A route of the API, as the router has it. */
export interface Route {
  readonly method: string;
  /** With `:name` where a part of it varies. */
  readonly path: string;
  readonly rule: string | undefined;
  /** What the body's one member may be called, where that says what is to be done. */
  readonly actions: readonly string[];
}

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
      return [
        {
          method: RequestMethod[Reflect.getMetadata('method', handler) as number]!,
          path: `${base}/${path}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1'),
          rule: stated?.rule,
          actions: (Reflect.getMetadata(ACTIONS, handler) as readonly string[] | undefined) ?? [],
        },
      ];
    });
  });
