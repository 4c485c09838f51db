/** Nova's and Cinder's pair of links. */
export const selfAndBookmark = (base: string, version: string, path: string): { rel: string; href: string }[] => [
  { rel: 'self', href: `${base}${version}/${path}` },
  { rel: 'bookmark', href: `${base}/${path}` },
];

/** The link to the next page: the same query with the last item's id as marker. */
export function nextLink(
  url: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
  marker: string,
): { rel: string; href: string } {
  const params = new URLSearchParams(
    Object.entries(query).flatMap(([k, v]): [string, string][] =>
      v === undefined || k === 'marker' || k === 'limit' ? [] : [[k, v]],
    ),
  );
  params.set('limit', String(limit));
  params.set('marker', marker);
  return { rel: 'next', href: `${url}?${params.toString()}` };
}

/** 2026-11-21T01:02:03Z: Nova's top-level times. */
export const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
/** 2026-11-21T01:02:03.000000: the times of extensions, with microseconds and without a zone. */
export const micros = (date: Date): string => `${date.toISOString().slice(0, -1)}000`;
