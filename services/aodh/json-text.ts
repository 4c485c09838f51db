/** What PostgreSQL's texts do not hold: NUL, and half of a surrogate pair. */
const UNWRITABLE = /[\0\p{Surrogate}]/u;

/**
 * Reads JSON that a body has in a text, where what is escaped was not looked at when the body was read.
 * @throws SyntaxError for what is no JSON, or has a name or a text that no column can hold
 */
export const readJsonText = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) => {
    if (UNWRITABLE.test(key) || (typeof value === 'string' && UNWRITABLE.test(value)))
      throw new SyntaxError('It has a text that cannot be stored.');
    return value;
  });
