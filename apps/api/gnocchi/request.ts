import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { badRequest } from '#services/kernel/errors';
import { callerOf, readPage, type Caller, type Page } from '#services/gnocchi/index';
import type { ApiRequest } from '../http/request.js';
import type { Parameters } from '../http/described.js';

const requestOf = (execution: ExecutionContext): ApiRequest => execution.switchToHttp().getRequest<ApiRequest>();

/** Who asks, as Gnocchi knows him. The guard has made sure that there is somebody. */
export const Asker = createParamDecorator((_: unknown, execution: ExecutionContext): Caller =>
  callerOf(requestOf(execution).credentials!),
);

/** A query, each parameter with all its values. */
export class GivenQuery {
  constructor(private readonly given: Readonly<Record<string, string | readonly string[]>>) {}

  all(name: string): readonly string[] {
    return Object.hasOwn(this.given, name) ? [this.given[name]!].flat() : [];
  }

  /** The last value of a parameter. */
  one(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  /** @throws 400 */
  flag(name: string): boolean {
    const value = this.one(name);
    return value === undefined ? false : readFlag(name, value);
  }

  /** @throws 400 */
  page(most: number, usual: readonly string[]): Page {
    return readPage({ limit: this.one('limit'), marker: this.one('marker'), sort: this.all('sort') }, most, usual);
  }

  /** The same query with others in the place of some parameters, in the order of their names. */
  with(more: Readonly<Record<string, string | readonly string[]>>): string {
    const parameters = new URLSearchParams();
    for (const [name, values] of Object.entries({ ...this.given, ...more }).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      for (const value of [values].flat()) parameters.append(name, value);
    return parameters.toString();
  }
}

export const QueryOf = createParamDecorator(
  (_: unknown, execution: ExecutionContext): GivenQuery =>
    new GivenQuery(requestOf(execution).query as Record<string, string | string[]>),
);

const TRUE = ['1', 'on', 't', 'true', 'y', 'yes'];
const FALSE = ['0', 'f', 'false', 'n', 'no', 'off'];

/** A flag as oslo_utils.strutils.bool_from_string reads it. @throws 400 */
function readFlag(name: string, value: string): boolean {
  const word = value.trim().toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  const known = [...FALSE, ...TRUE].toSorted().map((one) => `'${one}'`);
  throw badRequest(
    `Unable to parse \`${name}': Unrecognized value '${value.slice(0, 100)}', acceptable values are: ${known.join(', ')}`,
  );
}

/** What a query may say of a page. */
export const PAGE: Parameters = {
  limit: { description: 'How many at most.' },
  marker: { description: 'The last one of the page before.' },
  sort: { description: 'NAME:asc or NAME:desc; the first one counts first.', many: true },
};
const description = (text: string) => ({ description: text });
export const DETAILS: Parameters = {
  details: description('Whether to show what each has of its own type.'),
  history: description('Whether to show what each was before, too.'),
  attrs: { description: 'Show these attributes alone.', many: true },
};
export const TIMES: Parameters = {
  start: description('From when, that time included.'),
  stop: description('Until when, that time excluded.'),
  granularity: description('The granularity, in seconds or in words.'),
};
export const READ: Parameters = {
  ...TIMES,
  aggregation: description('The aggregation method; mean when left out.'),
  resample: description('Aggregate again over this time, or by Y, H, Q, M or W of the calendar.'),
  refresh: description('Measures are always up to date here.'),
};
