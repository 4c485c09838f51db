import { CONTROLLERS } from '#apps/api/app';
import { routesOf, type Route } from '#apps/api/http/routes';
import { FaultsController } from '#apps/faults/faults.controller';

/** Every endpoint of the API, read off the controllers as Nest reads it. */
export const allRoutes = (): Route[] => routesOf([...CONTROLLERS, FaultsController]);
