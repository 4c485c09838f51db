import type { FastifyInstance } from 'fastify';

/** Which methods a path has, for the answer to one that it has not. It is looked up only when a request has no route. */
export class RouteMethods {
  private readonly routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];

  /** Listens to the routes that are added from here on. */
  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ url, method }) => {
      // CORS answers preflights for every path, also for those that are not there.
      if (url === '*') return;
      const pattern = url
        .split('/')
        .map((part) =>
          part === '*' ? '.+' : part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
        )
        .join('/');
      this.routes.push({ pattern: new RegExp(`^${pattern}/?$`), methods: [method].flat() });
    });
  }

  of(url: string): string[] {
    const path = url.split('?')[0] ?? '';
    const found = this.routes.flatMap((r) => (r.pattern.test(path) ? r.methods : []));
    return [...new Set(found)].toSorted();
  }
}
