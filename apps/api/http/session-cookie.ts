import type { FastifyRequest } from 'fastify';

/** The cookie of a session of the dashboard: its value is the session's token. */
const NAME = 'novaflow_session';
const VALUE = new RegExp(`(?:^|; *)${NAME}=([\\w=-]{1,4096})(?:;|$)`);
/** What a page of the dashboard sends with each request, and a page of another origin cannot. */
export const DASHBOARD_HEADER = 'x-novaflow-dashboard';

type Asked = Pick<FastifyRequest, 'headers'>;
const headerOf = ({ headers }: Asked, name: string): string | undefined => [headers[name]].flat()[0];

/**
 * Whether a request comes from a page of the dashboard itself. A browser sends the cookie with whatever asks this host, also
 * with what a page of another origin asks. Such a page can send the header only where CORS lets it, and a browser says truly
 * where a request comes from: by `Sec-Fetch-Site` on connections that it trusts, and by `Origin` on all others.
 */
export function isOwnPage(asked: Asked): boolean {
  if (headerOf(asked, DASHBOARD_HEADER) !== '1') return false;
  const site = headerOf(asked, 'sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return isOfOwnOrigin(asked);
}

/** Whether a page of this host asks, or a program, which has no origin. A browser says it of every WebSocket. */
export function isOfOwnOrigin(asked: Asked): boolean {
  const origin = headerOf(asked, 'origin');
  return origin === undefined || hostOf(origin) === asked.headers.host;
}

/** A browser sends a cookie to the name that a page was loaded from, so the origin's host is what the request names. */
const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

/** The token that a request shows: its header's, or, from a page of the dashboard, its session's. */
export function tokenTextOf(asked: Asked): string | undefined {
  const token = headerOf(asked, 'x-auth-token');
  if (token || !isOwnPage(asked)) return token;
  return VALUE.exec(asked.headers.cookie ?? '')?.[1];
}

/**
 * The header that gives a browser a session, or, without a token, takes it away. No script can read it, no request that
 * another site begins carries it, and it goes with the token.
 */
export function sessionCookie(session: { token: string; expiresAt: Date } | undefined, secure: boolean): string {
  const value = session?.token ?? '';
  const age = session === undefined ? 0 : Math.max(0, Math.floor((session.expiresAt.getTime() - Date.now()) / 1000));
  return `${NAME}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
