import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { CONTROLLERS } from '#apps/api/app';
import { FaultsController } from '#apps/faults/faults.controller';
import { POLICY, type Stated, type StatedByResource } from '#apps/api/http/policy';

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly rule: string | undefined;
}

/** Every endpoint of the API, read off the controllers as Nest reads it. */
export function allRoutes(): Route[] {
  return [...CONTROLLERS, FaultsController].flatMap((controller) => {
    const base = (Reflect.getMetadata('path', controller) as string).replace(/^\/?/, '/');
    const prototype = controller.prototype as unknown as Record<string, object>;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      if (name === 'constructor') return [];
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      const handler = descriptor?.value as object | undefined;
      const path =
        typeof handler === 'function' ? (Reflect.getMetadata('path', handler) as string | undefined) : undefined;
      if (handler === undefined || path === undefined) return [];
      const method = RequestMethod[Reflect.getMetadata('method', handler) as number]!;
      const stated = (Reflect.getMetadata(POLICY, handler) ?? Reflect.getMetadata(POLICY, controller)) as
        Stated | StatedByResource | undefined;
      return [{ method, path: `${base}/${path}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1'), rule: stated?.rule }];
    });
  });
}
