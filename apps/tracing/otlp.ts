import { subscribe } from 'node:diagnostics_channel';
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import type { Config } from '#config';
import { logContext } from '#services/kernel/log-context';
import { newSpanId, newTraceId, parentOf } from './ids.js';
import type { OpenSpan, SpanOptions, Tracing } from './index.js';
import { samplerOf, type Sampler } from './sampler.js';
import { Span, attributesOf } from './span.js';

/** Seconds are soon enough for who looks at a trace. */
const SEND_MS = 2_000;
/** So many are sent at once without waiting for that, some 200 kB. */
const BATCH = 512;
/** More spans than these wait for no collector; the oldest stay. */
const MOST = 8_192;
/** The clock was set, and it was not the drift between two ways to read it. */
const CLOCK_SET_MS = 50;

/** What a driver or the pool says of what it does, on the channels of node:diagnostics_channel: neither knows this code. */
interface Told {
  readonly name: string;
  readonly attributes?: SpanOptions['attributes'];
  readonly error?: unknown;
  /** Set by who listens, where more is wanted of it. */
  heard?: boolean;
}
const TOLD = ['novaflow.sql', 'novaflow.qmp'];

/**
 * Spans of the project's own, sent by the transport of OpenTelemetry's exporters (headers, certificates, compression, retries: its settings are
 * OTEL_EXPORTER_OTLP_…) in OTLP's JSON. Loaded by processes that trace, and by no other.
 */
export class OtlpTracing implements Tracing {
  private readonly sampled: Sampler;
  private readonly exporter;
  private readonly open = new WeakMap<object, OpenSpan>();
  private waiting: Span[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  /** Added to the process's own clock, which has microseconds, is the time. */
  private since1970 = performance.timeOrigin;

  constructor({ cloud, tracing }: Config, service: string) {
    this.sampled = samplerOf(tracing);
    const resource = attributesOf({ 'service.name': `novaflow-${service}`, 'host.name': cloud.host }).join(',');
    const head = `{"resourceSpans":[{"resource":{"attributes":[${resource}]},"scopeSpans":[{"scope":{"name":"novaflow"},"spans":[`;
    const url = `${tracing.endpoint.replace(/\/$/, '')}/v1/traces`;
    this.exporter = createOtlpHttpExportDelegate(
      convertLegacyHttpOptions({ url }, 'TRACES', 'v1/traces', { 'Content-Type': 'application/json' }),
      {
        serializeRequest: (spans: readonly Span[]) =>
          Buffer.from(`${head}${spans.map((span) => span.json()).join(',')}]}]}]}`),
        // A collector that refuses spans says so in words that nobody here reads.
        deserializeResponse: () => ({}),
      },
      'otlp_http_span_exporter',
      { name: 'span', countItems: (spans) => spans.length },
      undefined,
    );
    for (const name of TOLD) this.listen(name);
  }

  begin(name: string, options: SpanOptions): OpenSpan | undefined {
    const parent = parentOf(options.parent);
    const traceId = parent?.traceId ?? newTraceId();
    if (!this.sampled(traceId, parent)) return undefined;
    const from = options.since?.getTime() ?? this.now();
    return new Span(name, options, traceId, options.id ?? newSpanId(), parent?.spanId, from, this.ended);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    while (this.waiting.length > 0 || this.sending) await this.send();
    await this.exporter.shutdown();
  }

  private now(): number {
    return this.since1970 + performance.now();
  }

  /** @returns when it ended */
  private readonly ended = (span: Span): number => {
    if (this.waiting.length < MOST) this.waiting.push(span);
    if (this.waiting.length === BATCH) void this.send();
    else this.timer ??= setTimeout(() => void this.send(), SEND_MS).unref();
    return this.now();
  };

  /** Sends a batch, or waits for the one that is on its way. */
  private send(): Promise<void> {
    this.sending ??= this.sendBatch().finally(() => {
      this.sending = undefined;
      if (this.waiting.length > 0) this.timer ??= setTimeout(() => void this.send(), SEND_MS).unref();
    });
    return this.sending;
  }

  private sendBatch(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const set = Date.now() - this.now();
    if (Math.abs(set) > CLOCK_SET_MS) this.since1970 += set;
    const batch = this.waiting.splice(0, BATCH);
    // What could not be sent is lost: the next spans matter more.
    return new Promise((resolve) => this.exporter.export(batch, () => resolve()));
  }

  /** Parts of what is traced become its spans; what a process does by itself does not. */
  private listen(name: string): void {
    subscribe(`tracing:${name}:start`, (message) => {
      const parent = logContext()?.traceparent;
      if (parent === undefined) return;
      const told = message as Told;
      const span = this.begin(told.name, { kind: 'client', parent });
      if (!span) return;
      told.heard = true;
      this.open.set(told, span);
    });
    subscribe(`tracing:${name}:asyncEnd`, (message) => {
      const { error, attributes } = message as Told;
      this.open
        .get(message as Told)
        ?.end({ ...(attributes ? { attributes } : {}), ...(error === undefined ? {} : { error: wordsOf(error) }) });
    });
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
