import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import type { Session } from './contract.js';
import { ApiError } from './errors.js';
import { call } from './http.js';
import { queryClient } from './query.js';

const PATH = '/dashboard/session';

/** Who is logged in, to which project; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Session | null> => {
    try {
      return await call<Session>(PATH);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 300_000,
});

/** The session of a page behind the log-in. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Error('A page behind the log-in was shown to nobody.');
  return data;
}

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly domain?: string;
  readonly project?: string;
}

/** @throws ApiError in Keystone's words */
export async function logIn(body: Login): Promise<void> {
  const session = await call<Session>(PATH, { method: 'POST', body });
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session);
}

/**
 * Pages are loaded anew for another project and for nobody, so that nothing of the former one is left in memory.
 * @param path below the dashboard
 */
const startAt = (path: string): void => {
  location.assign(`/dashboard${path}`);
};

/** @throws ApiError in Keystone's words */
export async function switchProject(project: string): Promise<void> {
  await call<Session>(PATH, { method: 'PUT', body: { project } });
  startAt('/');
}

/** A session that has ended already is as good as logged out. */
export async function logOut(): Promise<void> {
  try {
    await call(PATH, { method: 'DELETE' });
  } finally {
    startAt('/login');
  }
}

/** Asks for a new log-in, and goes on from there to where the page was. */
export function logInAgain(): void {
  const { pathname, search } = location;
  const next = `${pathname.replace(/^\/dashboard/, '')}${search}`;
  if (!next.startsWith('/login')) startAt(`/login?next=${encodeURIComponent(next)}`);
}
