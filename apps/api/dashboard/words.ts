/** A name as people read it: `availability_zone_hints` is "Availability zone hints", `os-resetState` "Reset state". */
export function words(name: string): string {
  const plain = name
    .replace(/^os-/, '')
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .trim();
  return plain.replace(/^./, (first) => first.toUpperCase());
}
