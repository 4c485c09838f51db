import { CONTROLLERS } from '#apps/api/app';
import { routesOf, type Route } from '#apps/api/http/routes';
import { DEVELOPMENT_CONTROLLERS } from '#apps/faults/controllers';

/** Every endpoint of the API, read off the controllers as Nest reads it. */
export const allRoutes = (): Route[] => routesOf([...CONTROLLERS, ...DEVELOPMENT_CONTROLLERS]);
