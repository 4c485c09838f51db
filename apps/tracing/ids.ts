import { randomFillSync } from 'node:crypto';

/** https://www.w3.org/TR/trace-context/#traceparent-header, of which there is one version. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
/** Of the header's flags, the one that says that the trace is taken down. */
const SAMPLED = 1;

/** What a header `traceparent` says. */
export interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** @returns undefined for a parent that cannot be read: it is none, as W3C has it */
export function parentOf(traceparent: string | undefined): Parent | undefined {
  if (traceparent === undefined) return undefined;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Randomness is drawn for this many ids at once: a call for each costs more than all else of a span. */
const POOL = Buffer.alloc(4_096);
let used = POOL.length;

function random(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += bytes;
  return POOL.toString('hex', used - bytes, used);
}

export const newTraceId = (): string => random(16);
export const newSpanId = (): string => random(8);
