import type { InfiniteData } from '@tanstack/react-query';
import type { ResourceSpec } from './contract.js';
import { ApiError } from './errors.js';
import { queryClient } from './query.js';
import { itemQuery, keyOf, resourcesQuery, type Row } from './resources.js';

/** What an event says: that this record has changed, and not how. */
interface Changed {
  readonly type: string;
  readonly id: string;
}
interface Page {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
}

/** Lists that are longer get the changed row alone; a shorter one is asked for anew, which also shows what was added. */
const SHORT_LIST = 1000;

const lengthOf = (list: InfiniteData<Page> | undefined): number =>
  list?.pages.reduce((sum, { rows }) => sum + rows.length, 0) ?? 0;

async function fresh(spec: ResourceSpec, id: string): Promise<Row | undefined> {
  try {
    return await queryClient.fetchQuery({ ...itemQuery(spec, id), staleTime: 0 });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Puts a record's new state into the lists that have it, or takes it out of them if it is gone. */
async function patchLists(spec: ResourceSpec, id: string): Promise<void> {
  const row = await fresh(spec, id);
  queryClient.setQueriesData<InfiniteData<Page>>({ queryKey: [...keyOf(spec), 'list'] }, (list) => {
    if (list === undefined) return list;
    const patched = (rows: readonly Row[]): readonly Row[] =>
      rows.flatMap((one) => (one[spec.key] !== id ? [one] : row === undefined ? [] : [row]));
    return { ...list, pages: list.pages.map((page) => ({ ...page, rows: patched(page.rows) })) };
  });
}

/** What the API itself says it is: no change of a record changes it. */
const DESCRIPTIONS: ReadonlySet<unknown> = new Set(['session', 'resources', 'actions']);
/** So much has changed at once that it is not told one by one. */
const EVERYTHING = 'everything';
/** What an operation and what it works on are told by. */
const OPERATED: ReadonlySet<string> = new Set(['operation', 'server', 'volume']);

async function changed({ type, id }: Changed): Promise<void> {
  if (type === EVERYTHING) {
    await queryClient.invalidateQueries({ predicate: ({ queryKey: [first] }) => !DESCRIPTIONS.has(first) });
    return;
  }
  if (OPERATED.has(type)) void queryClient.invalidateQueries({ queryKey: ['operations'] });
  const specs = await queryClient.ensureQueryData(resourcesQuery);
  // Services of Nova and of Keystone are both called so: what is asked for once too often costs a request.
  await Promise.all(specs.filter(({ name }) => name === type).map((spec) => refresh(spec, id)));
}

async function refresh(spec: ResourceSpec, id: string): Promise<void> {
  const key = keyOf(spec);
  const lists = queryClient.getQueriesData<InfiniteData<Page>>({ queryKey: [...key, 'list'] });
  // Where a record is that lies below another one, its own id does not say.
  const placed = spec.below === null;
  if (placed && lists.some(([, list]) => lengthOf(list) > SHORT_LIST)) await patchLists(spec, id);
  else await queryClient.invalidateQueries({ queryKey: [...key, 'list'] });
  await queryClient.invalidateQueries({ queryKey: [...key, 'item', id] });
  await queryClient.invalidateQueries({ queryKey: [...key, 'rows'] });
}

/** Milliseconds until a broken stream is opened again, so that a cloud that restarts is not overrun by its pages. */
const REOPEN = 3000;

/**
 * Listens to what changes in the session's project, until it is told to stop. Without the stream the pages' own polling
 * goes on. EventSource cannot send the header that the api asks for beside a cookie, so the stream is read by fetch.
 */
export function listen(): () => void {
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      await readStream(stop.signal).catch(() => undefined);
      await new Promise((resolve) => {
        setTimeout(resolve, REOPEN);
      });
    }
  })();
  return () => stop.abort();
}

async function readStream(signal: AbortSignal): Promise<void> {
  const answer = await fetch('/dashboard/events', {
    headers: { accept: 'text/event-stream', 'x-novaflow-dashboard': '1' },
    signal,
  });
  const type = answer.headers.get('content-type') ?? '';
  if (!answer.ok || answer.body === null || !type.startsWith('text/event-stream')) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = `${rest}${value}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) await handle(event);
  }
}

async function handle(event: string): Promise<void> {
  const data = event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5))
    .join('\n');
  if (data !== '') await changed(JSON.parse(data) as Changed);
}
