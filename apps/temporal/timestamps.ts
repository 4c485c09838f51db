type Timestamp = { seconds?: { toNumber(): number } | number | null; nanos?: number | null } | null | undefined;

/** A time of Temporal's, in milliseconds since 1970; 0 for none. */
export function millis(at: Timestamp): number {
  const seconds = (typeof at?.seconds === 'object' ? at.seconds?.toNumber() : at?.seconds) ?? 0;
  return seconds * 1000 + Math.floor((at?.nanos ?? 0) / 1_000_000);
}
