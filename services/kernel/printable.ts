/** Printable characters, with no white space at either end (nova/api/validation/parameter_types.py). */
export const PRINTABLE_NAME = String.raw`^(?!\p{Z})[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*(?<!\p{Z})$`;
/** Printable characters, or none. */
export const PRINTABLE = String.raw`^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$`;
