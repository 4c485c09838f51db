import type { Attributes, OpenSpan, SpanOptions } from './index.js';

/** SpanKind of opentelemetry-proto (trace/v1). */
const KINDS = { internal: 1, server: 2, client: 3, producer: 4 } as const;
/** STATUS_CODE_ERROR. */
const ERROR = 2;

/**
 * A span, as little as can be: what it says is put together when a batch is sent, and not while a request waits. OpenTelemetry's SDK,
 * with its limits, links, events and processors, took several times as long over each.
 */
export class Span implements OpenSpan {
  private to = 0;
  private outcome: Attributes | undefined;
  private error: string | undefined;

  constructor(
    private readonly name: string,
    private readonly options: SpanOptions,
    private readonly traceId: string,
    private readonly id: string,
    private readonly parentId: string | undefined,
    private readonly from: number,
    private readonly ended: (span: Span) => number,
  ) {}

  get traceparent(): string {
    return `00-${this.traceId}-${this.id}-01`;
  }

  end({ error, attributes }: Parameters<OpenSpan['end']>[0] = {}): void {
    this.error = error;
    this.outcome = attributes;
    this.to = this.ended(this);
  }

  /** As OTLP has it in JSON (opentelemetry-proto, trace/v1). */
  json(): string {
    const { kind = 'internal', attributes } = this.options;
    const parent = this.parentId === undefined ? '' : `"parentSpanId":"${this.parentId}",`;
    const status =
      this.error === undefined ? '' : `,"status":{"code":${ERROR},"message":${JSON.stringify(this.error)}}`;
    const said = [...attributesOf(attributes), ...attributesOf(this.outcome)].join(',');
    return `{"traceId":"${this.traceId}","spanId":"${this.id}",${parent}"name":${JSON.stringify(this.name)},"kind":${KINDS[kind]},"startTimeUnixNano":"${nanoseconds(this.from)}","endTimeUnixNano":"${nanoseconds(this.to)}","attributes":[${said}]${status}}`;
  }
}

/** KeyValues of opentelemetry-proto (common/v1). */
export function attributesOf(attributes: Attributes = {}): string[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [`{"key":${JSON.stringify(key)},"value":${valueOf(value)}}`],
  );
}

function valueOf(value: string | number): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`;
  return Number.isInteger(value) ? `{"intValue":${value}}` : `{"doubleValue":${value}}`;
}

/** Since 1970. A number holds milliseconds to about a quarter of a microsecond. @param ms the same in milliseconds */
const nanoseconds = (ms: number): string => `${Math.trunc(ms)}${String(Math.trunc((ms % 1) * 1e6)).padStart(6, '0')}`;
