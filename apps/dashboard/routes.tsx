import { createBrowserRouter, redirect, type RouteObject } from 'react-router';
import { queryClient } from './api/query.js';
import { resourcesQuery } from './api/resources.js';
import { sessionQuery } from './api/session.js';
import { Layout } from './shell/layout.js';
import { preload } from './shell/preload.js';
import { PageError } from './shell/page-error.js';

const BASE = '/dashboard';

/** Every page behind the log-in has a session and the descriptions of the resources before it asks for anything else. */
async function enter({ request }: { readonly request: Request }): Promise<void> {
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (session === null) {
    const { pathname, search } = new URL(request.url);
    const next = `${pathname.slice(BASE.length)}${search}`;
    throw redirect(next === '/' || next === '' ? '/login' : `/login?next=${encodeURIComponent(next)}`);
  }
  await queryClient.ensureQueryData(resourcesQuery);
}

const pages: RouteObject[] = [
  { index: true, element: null, loader: () => redirect('/compute/servers') },
  { path: 'activity', lazy: () => import('./pages/activity.js') },
  { path: 'activity/:operationId', lazy: () => import('./pages/operation.js') },
  { path: 'alarms', lazy: () => import('./pages/alarms/list.js') },
  { path: 'alarms/new', lazy: () => import('./pages/alarms/new.js') },
  { path: 'alarms/:id', lazy: () => import('./pages/alarms/detail.js') },
  { path: 'alarms/:id/edit', lazy: () => import('./pages/alarms/edit.js') },
  { path: 'metrics', lazy: () => import('./pages/metrics/list.js') },
  { path: 'metrics/:type/:id', lazy: () => import('./pages/metrics/resource.js') },
  { path: 'usage', lazy: () => import('./pages/usage.js') },
  { path: 'topology', lazy: () => import('./pages/topology.js') },
  { path: 'objects', lazy: () => import('./pages/objects/containers.js') },
  { path: 'objects/:container', lazy: () => import('./pages/objects/container.js') },
  { path: 'hosts', lazy: () => import('./pages/operators/hosts.js') },
  { path: 'chaos', lazy: () => import('./pages/operators/chaos-runs.js') },
  { path: 'chaos/:id', lazy: () => import('./pages/operators/chaos.js') },
  { path: 'faults', lazy: () => import('./pages/operators/faults.js') },
  { path: 'health', lazy: () => import('./pages/operators/health.js') },
  { path: 'compute/servers/:id/console-log', lazy: () => import('./pages/servers/console-log.js') },
  { path: 'compute/servers/new', lazy: () => import('./pages/servers/new.js') },
  { path: 'compute/servers/:id', lazy: () => import('./pages/servers/detail.js') },
  { path: 'compute/server/:id', element: null, loader: ({ params }) => redirect(`/compute/servers/${params['id']}`) },
  { path: 'compute/servers/:id/operations/:operationId', lazy: () => import('./pages/operation.js') },
  { path: ':service/:many', lazy: () => import('./pages/resources/list.js') },
  { path: ':service/:many/new', lazy: () => import('./pages/resources/create.js') },
  { path: ':service/:many/:id', lazy: () => import('./pages/resources/detail.js') },
  { path: ':service/:many/:id/edit', lazy: () => import('./pages/resources/edit.js') },
  // What lies below a record of another resource: the same pages.
  { path: ':service/:parent/:parentId/:many', lazy: () => import('./pages/resources/list.js') },
  { path: ':service/:parent/:parentId/:many/new', lazy: () => import('./pages/resources/create.js') },
  { path: ':service/:parent/:parentId/:many/:id', lazy: () => import('./pages/resources/detail.js') },
  { path: ':service/:parent/:parentId/:many/:id/edit', lazy: () => import('./pages/resources/edit.js') },
];

preload(pages, BASE);

export const router = createBrowserRouter(
  [
    { path: '/login', lazy: () => import('./pages/login.js'), errorElement: <PageError /> },
    { path: '/console', lazy: () => import('./pages/servers/console.js'), errorElement: <PageError /> },
    {
      path: '/',
      middleware: [enter],
      // Without a loader a page that is drawn by the browser alone would not run it.
      loader: () => null,
      element: <Layout />,
      errorElement: <PageError />,
      hydrateFallbackElement: <p>loading…</p>,
      children: [{ errorElement: <PageError />, children: pages }],
    },
  ],
  { basename: BASE, future: { v8_middleware: true } },
);
