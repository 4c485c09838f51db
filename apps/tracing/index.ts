import type { Config } from '#config';

/** What a span says beside its name and its times. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export interface SpanOptions {
  /** As OpenTelemetry has it: a server takes a request, a client sends one, a producer asks for work that is done later. */
  readonly kind?: 'server' | 'client' | 'producer' | 'internal';
  /** The span that this one is a part of, as W3C writes it in the header `traceparent`. Without it a trace begins here. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
  /** Its id, where others have to know it before it is begun: 16 hexadecimal digits. */
  readonly id?: string;
  /** When it began, if not now. */
  readonly since?: Date;
}

/** A span that is open. */
export interface OpenSpan {
  /** Itself, for its parts, and for other processes. */
  readonly traceparent: string;
  /** @param error why what it stands for failed */
  end(outcome?: { readonly error?: string | undefined; readonly attributes?: Attributes }): void;
}

/** Where spans go. A process that sends no traces has none. */
export interface Tracing {
  /** @returns undefined where this trace is not taken down */
  begin(name: string, options: SpanOptions): OpenSpan | undefined;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Begins to trace, where the settings say so. @param service which process this is */
export async function startTracing(config: Config, service: string): Promise<Tracing | undefined> {
  if (config.tracing.endpoint === '') return undefined;
  const { OtlpTracing } = await import('./otlp.js');
  return new OtlpTracing(config, service);
}
