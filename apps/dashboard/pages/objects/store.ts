import { infiniteQueryOptions } from '@tanstack/react-query';
import { call, send } from '../../api/http.js';
import type { ObjectStoreContainer as Container, ObjectStoreObject as StoredObject } from '../../api/schema.js';

export type { Container, StoredObject };

/** Names of one request; Swift gives 10,000 at once. */
const PAGE_SIZE = 1000;

/** A name may have slashes in it, which are a part of the path (Swift's pseudo-folders). */
const encoded = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

const account = (project: string): string => `/object-store/v1/AUTH_${project}`;
export const pathOf = (project: string, container: string, object?: string): string =>
  `${account(project)}/${encodeURIComponent(container)}${object === undefined ? '' : `/${encoded(object)}`}`;

/** What is in an account or a container, by name. The next page begins after the last name of this one. */
const namesQuery = <Item extends { readonly name: string }>(key: readonly string[], path: string) =>
  infiniteQueryOptions({
    queryKey: ['objects', ...key],
    queryFn: ({ pageParam, signal }) =>
      call<readonly Item[]>(`${path}?format=json&limit=${PAGE_SIZE}&marker=${encodeURIComponent(pageParam)}`, {
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.length < PAGE_SIZE ? undefined : page.at(-1)?.name),
    staleTime: 0,
  });

export const containersQuery = (project: string) => namesQuery<Container>([project], account(project));

export const objectsQuery = (project: string, container: string) =>
  namesQuery<StoredObject>([project, container], pathOf(project, container));

/** @throws ApiError in Swift's words */
export const put = async (path: string, body?: Blob): Promise<void> => {
  await send(path, { method: 'PUT', body: body ?? new Blob() });
};
export const remove = async (path: string): Promise<void> => {
  await send(path, { method: 'DELETE' });
};

/**
 * Saves an object as a file. The cookie alone opens nothing, so a plain link would be refused; the whole object passes through
 * the page's memory.
 */
export async function download(path: string, name: string): Promise<void> {
  const bytes = await (await send(path, { headers: { accept: '*/*' } })).blob();
  const url = URL.createObjectURL(bytes);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.split('/').at(-1) ?? name;
  link.click();
  URL.revokeObjectURL(url);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size as a person would say it. */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`;
}
