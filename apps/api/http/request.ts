import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '#services/kernel/context';
import type { Credentials } from '#services/kernel/policy/index';
import type { TokenInfo } from '#services/keystone/index';

/** What the hooks and the guard put on a request. */
export interface ApiRequest extends FastifyRequest {
  requestId: string;
  /** The minor of the compute microversion, 1 when none was asked for. */
  microversion: number;
  /** Why the microversion that was asked for cannot be served; the guard refuses with it. */
  versionError?: unknown;
  context?: RequestContext;
  tokenInfo?: TokenInfo;
  /** What the token says of the caller, for policies. */
  credentials?: Credentials;
  /** The content type of an object's body: the body itself comes as a stream, whatever its type. */
  bodyType?: string;
  /** The project id of an old-style URL, taken out of it by rewriteUrl. */
  urlProjectId?: string;
  /** The address that asks; its connection forgets it when it is closed. */
  address: string;
  /** What the handler answered to a request that may change something, for the audit trail. */
  answered?: unknown;
}

const requestOf = (execution: ExecutionContext): ApiRequest => execution.switchToHttp().getRequest<ApiRequest>();

/** Who asks. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext) => requestOf(execution).context);
/** What the token says of who asks, whatever it is scoped to. */
export const Caller = createParamDecorator(
  (_: unknown, execution: ExecutionContext) => requestOf(execution).credentials,
);
/** The token that asks. */
export const Token = createParamDecorator((_: unknown, execution: ExecutionContext) => requestOf(execution).tokenInfo);
/** The minor of the compute microversion. */
export const Minor = createParamDecorator(
  (_: unknown, execution: ExecutionContext) => requestOf(execution).microversion,
);

/** The query with single values, as most parameters have one. */
export const Params = createParamDecorator(
  (_: unknown, execution: ExecutionContext): Record<string, string | undefined> => {
    const query = requestOf(execution).query as Record<string, string | string[]>;
    return Object.fromEntries(
      Object.entries(query).map(([key, value]) => [key, Array.isArray(value) ? value.at(-1) : value]),
    );
  },
);
