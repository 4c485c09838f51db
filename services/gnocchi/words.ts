import { OpenStackError, notFound } from '../kernel/errors.js';

/** gnocchi/indexer/__init__.py: what is not there, or is not as it should be. */
export const noArchivePolicy = (name: string, status = 404): OpenStackError =>
  new OpenStackError(status, 'NoSuchArchivePolicy', `Archive policy ${name} does not exist`);
export const noResourceType = (name: string): OpenStackError =>
  notFound('NoSuchResourceType', `Resource type ${name} does not exist`);
export const noAttribute = (type: string, name: string): OpenStackError =>
  new OpenStackError(400, 'ResourceAttributeError', `Resource type ${type} has no ${name} attribute`);
export const badQueryValue = (value: unknown, field: string): OpenStackError =>
  new OpenStackError(400, 'QueryValueError', `Invalid value: \`${String(value)}' for field \`${field}'`);
export const badQuery = (): OpenStackError => new OpenStackError(400, 'QueryError', 'Unable to parse this query');
