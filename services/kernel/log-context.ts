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
  /** The span that it is a part of, where it is traced (apps/tracing). */
  readonly traceparent?: string;
}

const context = new AsyncLocalStorage<LogContext>();

/** Runs work, and what it waits for, on behalf of a request or a step. */
export const onBehalfOf = <R>(fields: LogContext, work: () => R): R => context.run(fields, work);

/**
 * Runs what is begun in the course of a request and serves others too, as a statement for several of them: else its lines and
 * spans would be said to be those of whoever happened to be first.
 */
export const onNobodysBehalf = <R>(work: () => R): R => context.exit(work);

/** On whose behalf the caller runs; undefined for what a process does by itself. */
export const logContext = (): LogContext | undefined => context.getStore();
