import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { asText } from '../ui/as-text.js';
import type { Actions, ResourceSpec } from './contract.js';
import { call } from './http.js';

/** A record as the API answers it; what it has is what its description says. */
export type Row = Readonly<Record<string, unknown>>;

const shown = { write: [], required: [], filter: false, sort: false } as const;

/** Servers are no resource of the kit: what their list and their pages need is said here. */
const SERVERS: ResourceSpec = {
  service: 'compute',
  name: 'server',
  many: 'servers',
  title: 'Servers',
  path: '/compute/v2.1/servers',
  detailPath: '/compute/v2.1/servers/detail',
  envelope: { one: 'server', many: 'servers' },
  key: 'id',
  pages: true,
  madeBy: ['POST'],
  updateMethod: 'PUT',
  patchType: null,
  microversion: 'compute 2.104',
  may: { list: true, get: true, create: true, update: true, delete: true },
  fields: [
    { ...shown, name: 'name', type: 'text', write: ['post', 'put'], filter: true, sort: ['display_name'] },
    { ...shown, name: 'id', type: 'text', format: 'uuid' },
    { ...shown, name: 'status', type: 'text', filter: true },
    { ...shown, name: 'OS-EXT-STS:task_state', title: 'Task', type: 'text' },
    { ...shown, name: 'addresses', type: 'json' },
    { ...shown, name: 'flavor', type: 'json' },
    { ...shown, name: 'OS-EXT-SRV-ATTR:host', title: 'Host', type: 'text' },
    { ...shown, name: 'created', type: 'time', sort: ['created_at'] },
  ],
};

export const resourcesQuery = queryOptions({
  queryKey: ['resources'],
  queryFn: async () => {
    const { resources } = await call<{ resources: readonly ResourceSpec[] }>('/dashboard/resources');
    return [SERVERS, ...resources.filter((r) => !(r.service === 'compute' && r.many === 'servers'))];
  },
  staleTime: Infinity,
});

export const actionsQuery = queryOptions({
  queryKey: ['actions'],
  queryFn: () => call<Actions>('/dashboard/actions'),
  staleTime: Infinity,
});

/** What a list is asked for; it is what the address of its page says. */
export interface ListQuery {
  readonly filters: Readonly<Record<string, string>>;
  readonly sortKey?: string;
  readonly sortDir?: 'asc' | 'desc';
  /** The record after which the list begins. */
  readonly marker?: string;
}

interface Page {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
}

/** Rows of one request. OpenStack's services answer 1,000 at most; 500 come in a quarter of a second. */
const PAGE_SIZE = 500;

const headers = ({ microversion }: ResourceSpec): { headers?: Record<string, string> } =>
  microversion ? { headers: { 'openstack-api-version': microversion } } : {};

/** Keystone's and Placement's lists are whole, and so are those of Nova that are short. */
const takesMarker = ({ pages, service, many }: ResourceSpec): boolean =>
  pages ?? !(['identity', 'placement'].includes(service) || ['services', 'extensions'].includes(many));

function listUrl(spec: ResourceSpec, { filters, sortKey, sortDir }: ListQuery, marker: string | undefined): string {
  const params = new URLSearchParams(filters);
  if (sortKey !== undefined) {
    params.set('sort_key', sortKey);
    params.set('sort_dir', sortDir ?? 'asc');
  }
  if (takesMarker(spec)) {
    params.set('limit', String(PAGE_SIZE));
    if (marker !== undefined) params.set('marker', marker);
  }
  const query = params.toString();
  return `${spec.detailPath ?? spec.path}${query === '' ? '' : `?${query}`}`;
}

/** Some lists of Nova wrap each record (`{keypairs: [{keypair: {…}}]}`). */
function unwrapped({ envelope }: ResourceSpec, row: Row): Row {
  const inner = envelope.one === null ? undefined : row[envelope.one];
  return typeof inner === 'object' && inner !== null && Object.keys(row).length === 1 ? (inner as Row) : row;
}

async function page(
  spec: ResourceSpec,
  query: ListQuery,
  marker: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const body = await call<Record<string, unknown>>(listUrl(spec, query, marker), { signal, ...headers(spec) });
  const found = body[spec.envelope.many];
  const rows = (Array.isArray(found) ? (found as Row[]) : []).map((row) => unwrapped(spec, row));
  const last = rows.at(-1)?.[spec.key];
  const full = takesMarker(spec) && rows.length === PAGE_SIZE;
  return { rows, next: full && last !== undefined ? asText(last) : undefined };
}

/** The key under which all that is known of a resource is kept: an event about one of its records drops it. */
export const keyOf = ({ service, many }: Pick<ResourceSpec, 'service' | 'many'>): readonly string[] => [service, many];

export const listQuery = (spec: ResourceSpec, query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(spec), 'list', query],
    queryFn: ({ pageParam, signal }) => page(spec, query, pageParam, signal),
    initialPageParam: query.marker,
    getNextPageParam: ({ next }: Page) => next,
  });

/** The first rows of a list, for choosing one of them. */
export const choicesQuery = (spec: ResourceSpec | undefined) =>
  queryOptions({
    queryKey: [...(spec === undefined ? [] : keyOf(spec)), 'choices'],
    enabled: spec !== undefined && spec.may.list && !spec.path.includes(':'),
    queryFn: async ({ signal }) =>
      spec === undefined ? [] : (await page(spec, { filters: {} }, undefined, signal)).rows,
  });

/** The address of a record of a resource. */
export const pathOf = ({ path }: ResourceSpec, id: string): string => `${path}/${encodeURIComponent(id)}`;

const opened = ({ envelope }: ResourceSpec, body: Record<string, unknown>): Row =>
  envelope.one === null ? body : (body[envelope.one] as Row);

export const itemQuery = (spec: ResourceSpec, id: string) =>
  queryOptions({
    queryKey: [...keyOf(spec), 'item', id],
    queryFn: async ({ signal }) =>
      opened(spec, await call<Record<string, unknown>>(pathOf(spec, id), { signal, ...headers(spec) })),
  });

const enclosed = ({ envelope }: ResourceSpec, values: Row): unknown =>
  envelope.one === null ? values : { [envelope.one]: values };

/** @throws ApiError in the service's words */
export async function createOne(spec: ResourceSpec, values: Row): Promise<Row> {
  const byKey = !spec.madeBy.includes('POST');
  const at = byKey ? pathOf(spec, String(values[spec.key])) : spec.path;
  const method = byKey ? 'PUT' : 'POST';
  const body = await call<Record<string, unknown> | undefined>(at, {
    method,
    body: enclosed(spec, values),
    ...headers(spec),
  });
  return body === undefined ? values : opened(spec, body);
}

/** @throws ApiError in the service's words */
export async function updateOne(spec: ResourceSpec, id: string, values: Row): Promise<void> {
  if (spec.patchType !== null) {
    const changes = Object.entries(values).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value }));
    await call(pathOf(spec, id), { method: 'PATCH', body: changes, headers: { 'content-type': spec.patchType } });
    return;
  }
  await call(pathOf(spec, id), { method: spec.updateMethod, body: enclosed(spec, values), ...headers(spec) });
}

/** @throws ApiError in the service's words */
export async function deleteOne(spec: ResourceSpec, id: string): Promise<void> {
  await call(pathOf(spec, id), { method: 'DELETE', ...headers(spec) });
}
