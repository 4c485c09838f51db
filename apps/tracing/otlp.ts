import { subscribe } from 'node:diagnostics_channel';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Config } from '#config';
import { logContext } from '#services/kernel/log-context';
import type { OpenSpan, SpanOptions, Tracing } from './index.js';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
} as const;

/** https://www.w3.org/TR/trace-context/#traceparent-header, of which there is one version. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Seconds are soon enough for who looks at a trace; more spans than these wait for no collector, and the oldest stay. */
const BATCH = { scheduledDelayMillis: 2_000, maxQueueSize: 8_192, maxExportBatchSize: 512 };

/** What a driver or the pool says of what it does, on the channels of node:diagnostics_channel: neither knows this code. */
interface Told {
  readonly name: string;
  readonly attributes?: SpanOptions['attributes'];
  readonly error?: unknown;
}
const TOLD = ['novaflow.sql', 'novaflow.qmp'];

/** Random ids, but for the next span when its id is given. */
class Ids extends RandomIdGenerator {
  next: string | undefined;
  private readonly random = new RandomIdGenerator();

  override generateSpanId = (): string => {
    const given = this.next;
    this.next = undefined;
    return given ?? this.random.generateSpanId();
  };
}

/** Spans by OpenTelemetry's SDK, sent by OTLP over HTTP. Loaded by processes that trace, and by no other. */
export class OtlpTracing implements Tracing {
  private readonly ids = new Ids();
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;
  private readonly open = new WeakMap<object, OpenSpan>();

  constructor({ cloud, tracing }: Config, service: string) {
    const exporter = new OTLPTraceExporter({ url: `${tracing.endpoint.replace(/\/$/, '')}/v1/traces` });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': `novaflow-${service}`, 'host.name': cloud.host }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracing.sample) }),
      idGenerator: this.ids,
      spanProcessors: [new BatchSpanProcessor({ exporter, ...BATCH })],
    });
    this.tracer = this.provider.getTracer('novaflow');
    for (const name of TOLD) this.listen(name);
  }

  begin(name: string, { kind = 'internal', parent, attributes = {}, id, since }: SpanOptions): OpenSpan | undefined {
    this.ids.next = id;
    const options = { kind: KINDS[kind], attributes, ...(since === undefined ? {} : { startTime: since }) };
    const span = this.tracer.startSpan(name, options, contextOf(parent));
    this.ids.next = undefined;
    return span.isRecording() ? opened(span) : undefined;
  }

  close(): Promise<void> {
    return this.provider.shutdown();
  }

  /** Parts of what is traced become its spans; what a process does by itself does not. */
  private listen(name: string): void {
    subscribe(`tracing:${name}:start`, (message) => {
      const parent = logContext()?.traceparent;
      if (parent === undefined) return;
      const told = message as Told;
      const span = this.begin(told.name, { kind: 'client', parent });
      if (span) this.open.set(told, span);
    });
    subscribe(`tracing:${name}:asyncEnd`, (message) => {
      const { error, attributes } = message as Told;
      this.open
        .get(message as Told)
        ?.end({ ...(attributes ? { attributes } : {}), ...(error === undefined ? {} : { error: wordsOf(error) }) });
    });
  }
}

function opened(span: Span): OpenSpan {
  return {
    traceparent: written(span.spanContext()),
    end({ error, attributes } = {}) {
      if (attributes) span.setAttributes(attributes);
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end();
    },
  };
}

/** A parent that cannot be read is none, as W3C has it. */
function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

const written = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
