import type { MeasuresQuery } from '#services/gnocchi/index';
import type { GivenQuery } from './request.js';

/** What a query says of the measures that it asks for. `refresh` is read, and all measures are up to date. @throws 400 */
export function readOf(query: GivenQuery): MeasuresQuery {
  query.flag('refresh');
  return {
    start: query.one('start'),
    stop: query.one('stop'),
    granularity: query.one('granularity'),
    aggregation: query.one('aggregation'),
    resample: query.one('resample'),
  };
}
