import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './errors.js';

/** A failed read is tried twice more unless the API has refused it: then it would refuse it again. */
const again = (failures: number, error: unknown): boolean =>
  failures < 2 && !(error instanceof ApiError && error.status < 500);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: again,
      // Events say what has changed; half a minute bounds how old a page may be that is opened again without one.
      staleTime: 30_000,
    },
  },
});

/** While something is under way a page asks every second and a half; at rest the events suffice, and a minute bounds a lost one. */
export const pollEvery = (inTransition: boolean): number => (inTransition ? 1500 : 60_000);
