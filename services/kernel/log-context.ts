import { AsyncLocalStorage } from 'node:async_hooks';

/** On whose behalf something is done: what every line of the log says that is written meanwhile. */
export interface LogContext {
  /** req-<uuid>, as OpenStack writes it. */
  readonly requestId?: string | undefined;
  /** The request that this one is made for, where a host asks the api in the course of a step (X-OpenStack-Request-ID). */
  readonly globalRequestId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly resourceId?: string | undefined;
  /** The id of the operation. */
  readonly workflowId?: string | undefined;
  readonly step?: string;
  readonly attempt?: number;
}

const context = new AsyncLocalStorage<LogContext>();

/** Runs work, and what it waits for, on behalf of a request or a step. */
export const onBehalfOf = <R>(fields: LogContext, work: () => R): R => context.run(fields, work);

/** On whose behalf the caller runs; undefined for what a process does by itself. */
export const logContext = (): LogContext | undefined => context.getStore();
