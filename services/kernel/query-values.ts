import { badRequest } from './errors.js';

/** A flag of a query; absent is no. @throws 400 for what is no boolean to oslo.utils */
export function booleanOfQuery(parameter: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (/^(true|1|t|yes|y|on)$/i.test(value)) return true;
  if (/^(false|0|f|no|n|off)$/i.test(value)) return false;
  throw badRequest(`Invalid input for query parameters ${parameter}. Value: ${value}. '${value}' is not a boolean`);
}
