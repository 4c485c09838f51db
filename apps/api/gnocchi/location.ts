import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import type { GivenQuery } from './request.js';
import type { Page } from '#services/gnocchi/index';

/** Where Gnocchi's API is. */
export const baseOf = ({ publicUrl }: Config): string => `${publicUrl}/metric/v1`;

/** Says where what was made is. */
export const locate = (reply: FastifyReply, config: Config, ...path: readonly string[]): void =>
  void reply.header('location', `${baseOf(config)}/${path.map((part) => encodeURIComponent(part)).join('/')}`);

/** Says where the next page is, after a page that is full (gnocchi/rest/api.py: set_resp_link_hdr). */
export function linkNext(
  reply: FastifyReply,
  config: Config,
  path: string,
  list: { readonly query: GivenQuery; readonly page: Page; readonly length: number; readonly marker: string },
): void {
  const { query, page, length, marker } = list;
  if (length < page.limit) return;
  const next = query.with({ limit: String(page.limit), sort: page.sorts, marker });
  void reply.header('link', `<${baseOf(config)}/${path}?${next}>; rel="next"`);
}
