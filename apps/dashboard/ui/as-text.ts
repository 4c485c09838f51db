/** A value as a person reads and writes it: text as it is, what has parts as JSON, nothing as nothing. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
