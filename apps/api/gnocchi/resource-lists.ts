import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import {
  GENERIC,
  RESOURCE_ORDER,
  type Caller,
  type Filter,
  type Gnocchi,
  type ResourceRow,
} from '#services/gnocchi/index';
import { linkNext } from './location.js';
import type { GivenQuery } from './request.js';
import { picked, resourceView } from './view.js';

interface Asked {
  readonly type: string;
  readonly query: GivenQuery;
  readonly filter?: Filter | undefined;
  readonly reply: FastifyReply;
  /** Where the list is, for the link to its next page. */
  readonly path: string;
}

/** Lists of resources, which are looked for or not. */
export class ResourceLists {
  readonly usual = RESOURCE_ORDER;

  constructor(
    private readonly gnocchi: Gnocchi,
    private readonly config: Config,
  ) {}

  /** @throws 400, 403, 404 for the type */
  async answer(caller: Caller, rule: 'list resource' | 'search resource', asked: Asked) {
    const { type, query, filter, reply, path } = asked;
    const [details, history] = [query.flag('details'), query.flag('history')];
    const page = query.page(this.config.gnocchi.max_limit, RESOURCE_ORDER);
    const rows = await this.gnocchi.resources.list(caller, rule, { type, filter, history }, page);
    const last = rows.at(-1);
    if (last !== undefined) {
      const marker = history ? `${last.id}@${last.revision}` : last.id;
      linkNext(reply, this.config, path, { query, page, length: rows.length, marker });
    }
    const attrs = query.all('attrs');
    return (await this.views(rows, type, details)).map((view) => picked(view, attrs));
  }

  /** What each has of its own type is shown with `details`, or where all are of one. */
  async views(rows: readonly ResourceRow[], type: string, details: boolean) {
    const names = details ? [...new Set(rows.map((row) => row.type))] : type === GENERIC ? [] : [type];
    const types = await this.gnocchi.resourceTypes.some(names);
    return rows.map((row) => resourceView(row, types.get(details ? row.type : type)));
  }
}
