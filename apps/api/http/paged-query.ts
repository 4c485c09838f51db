import { Type } from 'typebox';
import type { Parameter } from './described.js';
import { wholeOfQuery } from './numbers.js';

/** How a list of ours is read page by page. */
export interface Paged {
  /** What its query has for that. */
  readonly parameters: { readonly limit: Parameter; readonly marker: string };
  /** The rows of the page that is asked for: no more than may be, and the usual number where none is. @throws 400 for no number */
  limitOf(limit: string | undefined): number;
}

/**
 * @param what a page has: `Operations` @param usual as many as a page has when no number is asked for @param most that may be asked for
 * @param marker what the marker of a page is, in a sentence
 */
export const paged = (what: string, usual: number, most: number, marker: string): Paged => ({
  parameters: {
    limit: {
      description: `${what} of a page, ${usual} when left out.`,
      schema: Type.Integer({ minimum: 1, maximum: most }),
    },
    marker,
  },
  limitOf: (limit) => (limit === undefined ? usual : Math.max(1, Math.min(most, wholeOfQuery(limit)))),
});
