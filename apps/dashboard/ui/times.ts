/** Times as the API writes them, with a zone or (Neutron's and Nova's older ones) in UTC without one. */
export function millisOf(time: string | null | undefined): number | undefined {
  if (time === null || time === undefined || time === '') return undefined;
  const millis = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`);
  return Number.isNaN(millis) ? undefined : millis;
}

/** A time in the reader's own zone. */
export const local = (time: string): string => {
  const millis = millisOf(time);
  return millis === undefined ? time : new Date(millis).toLocaleString();
};
