import type { RequestContext } from './context.js';

/** Looks up what several things of one request need, once for all of them. */
export function oncePerRequest<T>(
  find: (ctx: RequestContext, id: string) => Promise<T>,
): (ctx: RequestContext, id: string) => Promise<T> {
  const requests = new WeakMap<RequestContext, Map<string, Promise<T>>>();
  return (ctx, id) => {
    const known = requests.get(ctx) ?? new Map<string, Promise<T>>();
    requests.set(ctx, known);
    const found = known.get(id) ?? find(ctx, id);
    known.set(id, found);
    return found;
  };
}
