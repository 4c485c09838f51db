import type { Config } from '#config';
import type { Services } from '#services/index';
import type { AnySpec } from '#services/kernel/resource/spec';
import { Described } from '../http/described.js';
import type { ApiRequest } from '../http/request.js';
import { Answers } from '../kit/answers.js';
import type { Row } from '../kit/dialect.js';
import { answerPage } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect as dialect } from './dialect.js';

/** Answers some records of a resource on a path that is not their collection's: whole, as in Keystone. */
export class Lists {
  private readonly views: Views;

  constructor(
    private readonly spec: AnySpec,
    { policies }: Services,
    private readonly config: Config,
  ) {
    this.views = new Views(dialect, spec, policies);
  }

  of(request: ApiRequest, rows: readonly Row[]): object {
    const read = { conditions: [], sort: [], limit: rows.length };
    const asked = { request, base: this.config.publicUrl, read };
    return answerPage({ dialect, spec: this.spec }, this.views, asked, { rows, more: false });
  }

  one(request: ApiRequest, row: Row): object {
    const reader = { ctx: request.context!, minor: request.microversion, base: this.config.publicUrl };
    return dialect.one(this.spec, this.views.of(row, { ...reader, action: 'get' }));
  }
}

/** What such a list answers, and what one of them does. */
export const listOf = (spec: AnySpec): MethodDecorator => Described({ answer: new Answers(dialect, spec).many(false) });
export const oneOf = (spec: AnySpec): MethodDecorator => Described({ answer: new Answers(dialect, spec).one('get') });
