import { queryClient, pollEvery } from '../../api/query.js';
import { itemQuery, resourcesQuery, type Row } from '../../api/resources.js';
import { isTransition } from '../../ui/badge.js';
import { loadSpec, findSpec } from '../resources/spec.js';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';

/** Has a server's record there before its page is drawn. */
export async function loadServer(id: string): Promise<null> {
  // What is a second old may have been read before the operation that leads here.
  await queryClient.fetchQuery({ ...itemQuery(await loadSpec({}), id), staleTime: 1000 });
  return null;
}

const inTransition = (server: Row): boolean =>
  isTransition(String(server['status'])) || server['OS-EXT-STS:task_state'] !== null;

/** A server, asked for often while something is under way with it. */
export function useServer(id: string): Row {
  const { data: specs } = useSuspenseQuery(resourcesQuery);
  const query = itemQuery(findSpec(specs, {}), id);
  const { data } = useSuspenseQuery(query);
  useQuery({ ...query, refetchInterval: pollEvery(inTransition(data)) });
  return data;
}
