/** Errors of the API: each service has its own shape (Nova's, Neutron's, Placement's, Aodh's), all have a sentence. */

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What the services call it: Nova's, Neutron's and Keystone's, Placement's, Aodh's, Gnocchi's. */
const SENTENCE = ['message', 'detail', 'faultstring', 'description'] as const;

/** The service's own words in the body of an answer that refuses; undefined where it has none. */
export function wordsOf(body: unknown): string | undefined {
  if (typeof body === 'string') {
    const text = body.replaceAll(/<[^<>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    return text.trim() || undefined;
  }
  if (!isRecord(body)) return undefined;
  const errors = body['errors'];
  const candidates = [body, ...Object.values(body), ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  for (const candidate of candidates) {
    if (!isRecord(candidate)) continue;
    const words = SENTENCE.map((name) => candidate[name]).find((value) => typeof value === 'string');
    if (words !== undefined) return words;
  }
  return undefined;
}

/** An answer that refuses. `message` is in the API's words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly requestId: string | null,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** What to show of anything that was thrown. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Where the services say which field they mean, most telling first. */
const PLACES = [
  /field\/attribute ([\w:.-]{1,100})/,
  /Invalid input for ([\w:.-]{1,100})\. /,
  /'([\w:.-]{1,100})' is a required property/,
  /Invalid value for attribute ([\w:.-]{1,100})/,
  /["']([\w:.-]{1,100})["']/,
] as const;

/** The field of a form that an error is about, by the name that its sentence has; undefined where it is about none. */
export function fieldOf(message: string, fields: readonly string[]): string | undefined {
  for (const place of PLACES) {
    const named = place.exec(message)?.[1];
    const field = fields.find((name) => name === named);
    if (field !== undefined) return field;
  }
  const words = new Set(message.split(/[^\w:-]+/));
  return fields.find((name) => name.length > 3 && words.has(name));
}
