import type { Config } from '#config';
import type { Parent } from './ids.js';

/** Whether a span is taken down. @param parent undefined where a trace begins */
export type Sampler = (traceId: string, parent: Parent | undefined) => boolean;

/** Digits of a trace's id that are looked at, from its end: as many as a number holds exactly. */
const DIGITS = 13;
const VALUES = 2 ** (4 * DIGITS);

/** OpenTelemetry's samplers, by the names that OTEL_TRACES_SAMPLER has for them. */
export function samplerOf({ sampler, sample }: Config['tracing']): Sampler {
  // By the id alone (TraceIdRatioBased): each process, also another's, comes to the same answer about a trace.
  const inShare: Sampler = (traceId) => Number.parseInt(traceId.slice(-DIGITS), 16) >= (1 - sample) * VALUES;
  const root = sampler.endsWith('always_on') ? () => true : sampler.endsWith('always_off') ? () => false : inShare;
  return sampler.startsWith('parentbased_') ? (traceId, parent) => parent?.sampled ?? root(traceId, parent) : root;
}
