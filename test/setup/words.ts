/** The status of an answer and, of a refusal by Nova or Cinder, its words. */
export const wordsOf = ({ status, body }: { status: number; body: unknown }): [status: number, words: string] => [
  status,
  Object.values((body ?? {}) as Record<string, { message?: string } | undefined>)[0]?.message ?? '',
];
