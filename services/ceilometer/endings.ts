import type { Ended } from '../gnocchi/index.js';
import type { Notification } from '../notifications/index.js';

/**
 * Which notification ends which type of resource (gnocchi_resources.yaml: event_delete). Ceilometer takes an instance's end from
 * compute.instance.delete.start; here it is the end of its delete, since one that fails leaves the server there.
 */
const ENDINGS: Readonly<Record<string, string>> = {
  'compute.instance.delete.end': 'instance',
  'volume.delete.end': 'volume',
  'image.delete': 'image',
};
/** The notifications that resources end with. */
export const ENDING = Object.keys(ENDINGS);

/** What has ended, by what was told. */
export const endings = (told: readonly Notification[]): Ended[] =>
  told.flatMap(({ event_type, resource_id: id, at }) => {
    const type = ENDINGS[event_type];
    return type === undefined ? [] : [{ type, id, at }];
  });
