/** A value by a name that a client sent. Plain objects have more names than their own: `constructor`, `toString`. */
export const ownValue = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined;
