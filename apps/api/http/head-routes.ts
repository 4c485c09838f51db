import type { FastifyInstance, RouteOptions } from 'fastify';

/** Keystone answers HEAD wherever it answers GET, by the same handler and the same rule: Flask does that of itself. */
export const answersHead = (path: string): boolean => path.startsWith('/identity/');

/** Adds HEAD to what a service reads; Node leaves the body out. */
export class HeadRoutes {
  private readonly reads: RouteOptions[] = [];

  /** Listens to the routes that are added from here on. */
  constructor(private readonly fastify: FastifyInstance) {
    fastify.addHook('onRoute', (route) => {
      if (route.method === 'GET' && answersHead(route.url)) this.reads.push(route);
    });
  }

  /** Once all routes are there: a HEAD that has a handler of its own keeps it. */
  add(): void {
    for (const { url, handler } of this.reads)
      if (!this.fastify.hasRoute({ method: 'HEAD', url })) this.fastify.route({ method: 'HEAD', url, handler });
  }
}
