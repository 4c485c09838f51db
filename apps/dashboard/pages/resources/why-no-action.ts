import type { RecordAction } from '../../api/contract.js';
import type { Row } from '../../api/resources.js';
import { NOT_ALLOWED } from './spec.js';

const saysNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Why an action may not be done with a record; undefined where it may. */
export function whyNoAction({ may, needs }: RecordAction, row: Row): string | undefined {
  if (!may) return NOT_ALLOWED;
  return needs !== null && saysNothing(row[needs.field]) ? needs.reason : undefined;
}
