/** Times as the API writes them, with a zone or (Neutron's and Nova's older ones) in UTC without one. */
export function millisOf(time: string | null | undefined): number | undefined {
  if (time === null || time === undefined || time === '') return undefined;
  const millis = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`);
  return Number.isNaN(millis) ? undefined : millis;
}

/** A duration in milliseconds, as a person would say it. */
export function duration(millis: number): string {
  if (millis < 1000) return `${Math.max(0, Math.round(millis))} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`;
  const minutes = Math.floor(millis / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((millis % 60_000) / 1000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** A time in the reader's own zone. */
export const local = (time: string): string => {
  const millis = millisOf(time);
  return millis === undefined ? time : new Date(millis).toLocaleString();
};
