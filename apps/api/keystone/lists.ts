import type { Config } from '#config';
import type { Services } from '#services/index';
import type { ListQuery } from '#services/kernel/resource/query';
import type { AnySpec } from '#services/kernel/resource/spec';
import { Described } from '../http/described.js';
import type { ApiRequest } from '../http/request.js';
import { Answers } from '../kit/answers.js';
import type { ReadQuery, Row } from '../kit/dialect.js';
import { answerPage, queryOf } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect as dialect } from './dialect.js';

type Page = Parameters<typeof answerPage>[3];

/** Answers some records of a resource on a path that is not their collection's. */
export class Lists {
  private readonly views: Views;

  constructor(
    private readonly spec: AnySpec,
    { policies }: Services,
    private readonly config: Config,
  ) {
    this.views = new Views(dialect, spec, policies);
  }

  /** All of them, whatever the query asks for, as Keystone does in most places. */
  of(request: ApiRequest, rows: readonly Row[]): object {
    return this.answer(request, { conditions: [], sort: [], limit: rows.length }, { rows, more: false });
  }

  /** The page that the query asks for. */
  async asked(request: ApiRequest, find: (query: ListQuery) => Promise<Page>): Promise<object> {
    const read = dialect.read(this.spec, queryOf(request), request.microversion, false);
    return this.answer(request, read, await find(read));
  }

  one(request: ApiRequest, row: Row): object {
    const reader = { ctx: request.context!, minor: request.microversion, base: this.config.publicUrl };
    return dialect.one(this.spec, this.views.of(row, { ...reader, action: 'get' }));
  }

  private answer(request: ApiRequest, read: ReadQuery, page: Page): object {
    return answerPage({ dialect, spec: this.spec }, this.views, { request, base: this.config.publicUrl, read }, page);
  }
}

/** What a whole list answers, what one that heeds its query does, and what one of the records does. */
export const listOf = (spec: AnySpec): MethodDecorator => Described({ answer: new Answers(dialect, spec).many(false) });
export const askedListOf = (spec: AnySpec): MethodDecorator =>
  Described({ query: dialect.parameters(spec), answer: new Answers(dialect, spec).many(false) });
export const oneOf = (spec: AnySpec): MethodDecorator => Described({ answer: new Answers(dialect, spec).one('get') });
