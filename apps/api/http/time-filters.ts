import type { Condition } from '#services/kernel/resource/query';

/** 2026-11-21T01:02:03Z and the like; a zone may be left out, and is UTC then. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** Operators that compare times in a query. */
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
export type TimeOperator = (typeof OPERATORS)[number];
export const isTimeOperator = (word: string): word is TimeOperator => (OPERATORS as readonly string[]).includes(word);

/** @returns undefined for what is no time of ISO 8601 */
export function isoTime(value: string): Date | undefined {
  // In a query a `+` that is not escaped is a space.
  const text = value.trim().replace(/ (\d{2}:?\d{2})$/, '+$1');
  const time = new Date(/(Z|[+-]\d{2}:?\d{2})$/.test(text) && text.includes('T') ? text : `${text}Z`);
  const year = time.getUTCFullYear();
  return ISO_TIME.test(text) && !Number.isNaN(time.getTime()) && year >= 1 && year <= 9_999 ? time : undefined;
}

/** Compares a field with a time. What is shown has seconds, a record's time has more: it is within the second asked for. */
export function timeCondition(field: string, operator: TimeOperator, time: Date): Condition[] {
  const one = (by: Condition['operator'], ...values: Date[]): Condition[] => [{ field, operator: by, values }];
  const whole = time.getUTCMilliseconds() === 0;
  const next = whole ? new Date(time.getTime() + 1_000) : time;
  switch (operator) {
    case 'eq':
      return whole ? [...one('gte', time), ...one('lt', next)] : one('in', time);
    case 'neq':
      return whole ? one('outside', time, next) : one('not', time);
    case 'gt':
      return one(whole ? 'gte' : 'gt', next);
    case 'lte':
      return one(whole ? 'lt' : 'lte', next);
    default:
      return one(operator, time);
  }
}
