/** The header of an answer that is JSON already, as a text, which is sent as it is. */
export const JSON_TEXT = ['content-type', 'application/json; charset=utf-8'] as const;
