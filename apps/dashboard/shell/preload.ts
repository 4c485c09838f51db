import { matchRoutes, RouterContextProvider, type RouteObject } from 'react-router';

/** Who crosses a link on the way to another one rests on it for less, in milliseconds. */
const REST = 80;

/** The address within the pages that an element leads to; undefined for what leads elsewhere. */
function addressOf(target: EventTarget | null, base: string): URL | undefined {
  const link = target instanceof Element ? target.closest('a[href]') : null;
  if (!(link instanceof HTMLAnchorElement)) return undefined;
  const url = new URL(link.href);
  return url.origin === location.origin && url.pathname.startsWith(`${base}/`) ? url : undefined;
}

/** What a router hands to loaders beside their address; none of these takes anything of it. */
const context = new RouterContextProvider();

async function load(routes: RouteObject[], base: string, url: URL): Promise<void> {
  for (const { route, params } of matchRoutes(routes, url, base) ?? []) {
    // Only what is a page: other loaders lead elsewhere.
    if (typeof route.lazy !== 'function') continue;
    const { loader } = await route.lazy();
    if (typeof loader === 'function')
      await loader({ params, url, request: new Request(url), pattern: route.path ?? '', context });
  }
}

/**
 * Loads a page and what it shows as soon as somebody rests on a link to it, by pointer or by key: the press then finds both there.
 * What is refused is told when the page is really opened.
 */
export function preload(routes: RouteObject[], base: string): void {
  let resting: ReturnType<typeof setTimeout> | undefined;
  let last = '';
  const rest = ({ target }: Event): void => {
    clearTimeout(resting);
    const url = addressOf(target, base);
    if (url === undefined || url.href === last || url.href === location.href) return;
    resting = setTimeout(() => {
      last = url.href;
      load(routes, base, url).catch(() => undefined);
    }, REST);
  };
  document.addEventListener('pointerover', rest, { passive: true });
  document.addEventListener('focusin', rest);
}
