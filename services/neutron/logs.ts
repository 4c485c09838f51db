import { OpenStackError, notFound } from '../kernel/errors.js';

const NONE = { rows: [], more: false } as const;
const missing = (id: string): OpenStackError =>
  notFound('LogResourceNotFound', `Log resource ${id} could not be found.`);

/**
 * Neutron's logs where no driver can write packets down (neutron/services/logapi/logging_plugin.py): no resource can be logged,
 * so a log of any is refused, and there is none to show, change or delete.
 */
export class Logs {
  list() {
    return NONE;
  }

  /** @throws 404 */
  get(_ctx: unknown, id: string): never {
    throw missing(id);
  }

  /** @throws 400 */
  create(_ctx: unknown, [input]: readonly { readonly resource_type: string }[]): never {
    const why = `Invalid log resource_type: ${input!.resource_type}.`;
    throw new OpenStackError(400, 'InvalidLogResourceType', why);
  }

  /** @throws 404 */
  update(_ctx: unknown, id: string): never {
    throw missing(id);
  }

  /** @throws 404 */
  delete(_ctx: unknown, id: string): never {
    throw missing(id);
  }
}

/** What can be logged: nothing. */
export class LoggableResources {
  list() {
    return NONE;
  }
}
