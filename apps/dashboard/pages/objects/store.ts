import { queryOptions } from '@tanstack/react-query';
import { call, send } from '../../api/http.js';

export interface Container {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}
export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
  readonly content_type: string;
  readonly last_modified: string;
}

/** Swift gives 10,000 names at once, and so many are drawn. */
const MOST = 1000;

/** A name may have slashes in it, which are a part of the path (Swift's pseudo-folders). */
const encoded = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

const account = (project: string): string => `/object-store/v1/AUTH_${project}`;
export const pathOf = (project: string, container: string, object?: string): string =>
  `${account(project)}/${encodeURIComponent(container)}${object === undefined ? '' : `/${encoded(object)}`}`;

export const containersQuery = (project: string) =>
  queryOptions({
    queryKey: ['objects', project],
    queryFn: () => call<readonly Container[]>(`${account(project)}?format=json&limit=${MOST}`),
    staleTime: 0,
  });

export const objectsQuery = (project: string, container: string) =>
  queryOptions({
    queryKey: ['objects', project, container],
    queryFn: () => call<readonly StoredObject[]>(`${pathOf(project, container)}?format=json&limit=${MOST}`),
    staleTime: 0,
  });

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
