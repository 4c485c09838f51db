/**
 * Printable characters, with no white space at either end: those of the first 65,536 that are no control, format or
 * surrogate (nova/api/validation/parameter_types.py).
 */
export const PRINTABLE_NAME = String.raw`^(?!\p{Z})[^\p{C}\p{Zl}\p{Zp}\u{10000}-\u{10FFFF}]*(?<!\p{Z})$`;
/** Printable characters, or none. */
export const PRINTABLE = String.raw`^[^\p{C}\p{Zl}\p{Zp}\u{10000}-\u{10FFFF}]*$`;
