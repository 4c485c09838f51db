/** A part of a pattern: a letter as it is, any one letter, or any text. */
export type Wildcard = string | { readonly any: 'letter' | 'text' };

/** A text letter by letter. */
export const lettersOf = (text: string): readonly string[] => text.match(/./gsu) ?? [];

/**
 * Whether a text is as a pattern says. It takes at most the pattern's length times the text's, whatever a user has written,
 * where a regular expression could take for ever.
 * @param whole the text, or its letters, where it is compared with many patterns
 */
export function matchesWildcards(pattern: readonly Wildcard[], whole: string | readonly string[]): boolean {
  const text = typeof whole === 'string' ? lettersOf(whole) : whole;
  const isText = (place: number): boolean => {
    const part = pattern[place];
    return typeof part === 'object' && part.any === 'text';
  };
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    const part = pattern[p];
    if (isText(p)) [star, mark, p] = [p, t, p + 1];
    else if (part !== undefined && (typeof part === 'object' || part === text[t])) [p, t] = [p + 1, t + 1];
    else if (star >= 0) [p, mark, t] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  while (isText(p)) p++;
  return p === pattern.length;
}
