/**
 * The span of an operation has an id that everybody can tell from the operation's own: the steps name it as theirs before it
 * is written down, which is when the workflow has ended.
 */
export const spanOf = (operationId: string): string => operationId.replaceAll('-', '').slice(-16);

/** The operation as the parent of its steps. @param traceparent what it was started by */
export const traceparentOf = (operationId: string, traceparent: string): string =>
  [...traceparent.split('-').slice(0, 2), spanOf(operationId), traceparent.split('-').at(-1)].join('-');
