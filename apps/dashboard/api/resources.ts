import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { asText } from '../ui/as-text.js';
import { plainField, type Actions, type RecordAction, type ResourceSpec } from './contract.js';
import { ApiError } from './errors.js';
import { call } from './http.js';
import type { Answers } from './schema.js';

/** A record as the API answers it; what it has is what its description says. */
export type Row = Readonly<Record<string, unknown>>;

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
  below: null,
  pages: true,
  tags: true,
  revisions: false,
  madeBy: ['POST'],
  updateMethod: 'PUT',
  patchType: null,
  microversion: 'compute 2.104',
  may: { list: true, get: true, create: true, update: true, delete: true },
  fields: [
    plainField('name', { write: ['post', 'put'], filter: true, sort: ['display_name'] }),
    plainField('id', { format: 'uuid' }),
    plainField('status', { filter: true }),
    plainField('OS-EXT-STS:task_state', { title: 'Task' }),
    plainField('addresses', { type: 'json' }),
    plainField('flavor', { type: 'json' }),
    plainField('OS-EXT-SRV-ATTR:host', { title: 'Host' }),
    plainField('created', { type: 'time', sort: ['created_at'] }),
  ],
  actions: [],
};

export const resourcesQuery = queryOptions({
  queryKey: ['resources'],
  queryFn: async () => {
    const { resources } = await call<Answers['GET /dashboard/resources']>('/dashboard/resources');
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

function listUrl(
  spec: ResourceSpec,
  { filters, sortKey, sortDir }: ListQuery,
  marker: string | undefined,
  size: number,
): string {
  const params = new URLSearchParams(filters);
  if (sortKey !== undefined) {
    params.set('sort_key', sortKey);
    params.set('sort_dir', sortDir ?? 'asc');
  }
  if (spec.pages) {
    params.set('limit', String(size));
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
  size = PAGE_SIZE,
): Promise<Page> {
  const body = await call<Record<string, unknown>>(listUrl(spec, query, marker, size), { signal, ...headers(spec) });
  const found = body[spec.envelope.many];
  const rows = (Array.isArray(found) ? (found as Row[]) : []).map((row) => unwrapped(spec, row));
  const last = rows.at(-1)?.[spec.key];
  const full = spec.pages && rows.length === size;
  return { rows, next: full && last !== undefined ? asText(last) : undefined };
}

/** The key under which all that is known of a resource is kept: an event about one of its records drops it. */
export const keyOf = ({ service, many }: Pick<ResourceSpec, 'service' | 'many'>): readonly string[] => [service, many];

export const listQuery = (spec: ResourceSpec, query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(spec), 'list', spec.path, query],
    queryFn: ({ pageParam, signal }) =>
      page(spec, query, pageParam, signal).catch((error: unknown): Page => {
        // The last one of the page before was deleted meanwhile. The list ends there until it is read again, in seconds.
        if (pageParam !== query.marker && error instanceof ApiError && error.status === 404)
          return { rows: [], next: undefined };
        throw error;
      }),
    initialPageParam: query.marker,
    getNextPageParam: ({ next }: Page) => next,
  });

/** The rows of a list from its beginning on, and whether these are all. */
export interface Rows {
  readonly rows: readonly Row[];
  readonly complete: boolean;
}

async function upTo(spec: ResourceSpec, most: number, signal: AbortSignal): Promise<Rows> {
  const rows: Row[] = [];
  let next: string | undefined;
  do {
    const found = await page(spec, { filters: {} }, next, signal);
    rows.push(...found.rows);
    next = found.next;
  } while (next !== undefined && rows.length < most);
  return { rows, complete: next === undefined };
}

/**
 * The rows of a list, read page by page, for what needs all of them: choosing one, a drawing. A page that shows them says so
 * where they are not complete.
 * @param most after so many rows no other page is asked for
 */
export const rowsQuery = (spec: ResourceSpec | undefined, most = PAGE_SIZE) =>
  queryOptions({
    queryKey: [...(spec === undefined ? [] : keyOf(spec)), 'rows', most],
    enabled: spec !== undefined && spec.may.list && !spec.path.includes(':'),
    queryFn: ({ signal }): Promise<Rows> | Rows =>
      spec === undefined ? { rows: [], complete: true } : upTo(spec, most, signal),
  });

/**
 * The first rows of a list that a filter leaves, and whether these are all: what belongs to one record, on its page.
 * @param most so many rows at the most
 */
export const partsQuery = (spec: ResourceSpec, filters: Readonly<Record<string, string>>, most: number) =>
  queryOptions({
    queryKey: [...keyOf(spec), 'rows', spec.path, filters, most],
    queryFn: async ({ signal }): Promise<Rows> => {
      const { rows, next } = await page(spec, { filters }, undefined, signal, most);
      return { rows, complete: next === undefined };
    },
  });

/** The address of a record of a resource. */
export const pathOf = ({ path }: ResourceSpec, id: string): string => `${path}/${encodeURIComponent(id)}`;

const opened = ({ envelope }: ResourceSpec, body: Record<string, unknown>): Row =>
  envelope.one === null ? body : (body[envelope.one] as Row);

export const itemQuery = (spec: ResourceSpec, id: string) =>
  queryOptions({
    queryKey: [...keyOf(spec), 'item', id, spec.path],
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

/**
 * Does an action with a record.
 * @param values what its form says
 * @throws ApiError in the service's words
 */
export async function act(spec: ResourceSpec, id: string, action: RecordAction, values: Row): Promise<void> {
  const said = { ...action.fixed, ...values };
  const within = action.within.reduceRight<unknown>((inner, name) => ({ [name]: inner }), action.item ? [said] : said);
  const empty = action.within.length === 0 && Object.keys(said).length === 0;
  const path = action.path.replace(':id', () => encodeURIComponent(id));
  await call(path, { method: action.method, ...(empty ? {} : { body: within }), ...headers(spec) });
}
