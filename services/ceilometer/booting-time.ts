import type { Sample } from '../gnocchi/index.js';
import type { Notification } from '../notifications/index.js';
import { METERS, archivePolicyOf } from './meters.js';

/** The notification that a boot ends with. */
export const BOOTED = 'compute.instance.create.end';
const METER = 'compute.instance.booting.time';

interface Booted {
  readonly display_name?: string;
  readonly host?: string;
  readonly image_ref?: string | null;
  readonly instance_flavor_id?: string;
  readonly instance_type?: string;
  readonly created_at?: string;
  readonly launched_at?: string | null;
}

/** How long a boot took, from the request for it (meters.yaml: the timedelta of created_at and launched_at). */
export function bootingTimes(told: readonly Notification[]): Sample[] {
  const ends = told.filter(({ event_type }) => event_type === BOOTED);
  return ends.flatMap(({ resource_id: id, project_id, user_id, at, payload }) => {
    const { created_at, launched_at, ...server } = payload as Booted;
    const value = (Date.parse(launched_at ?? '') - Date.parse(created_at ?? '')) / 1_000;
    if (!Number.isFinite(value)) return [];
    const meter = METERS.instance[METER];
    const attributes = {
      display_name: server.display_name,
      host: server.host,
      image_ref: server.image_ref ?? '',
      flavor_id: server.instance_flavor_id,
      flavor_name: server.instance_type,
      created_at,
      launched_at,
    };
    const resource = { type: 'instance', id, project_id, user_id, attributes };
    return [
      { resource, metric: METER, unit: meter.unit, archive_policy: archivePolicyOf(meter), timestamp: at, value },
    ];
  });
}
