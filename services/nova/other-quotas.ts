import { Type, type Static } from 'typebox';
import { checkRoom, VOLUME_STANDING, type VolumeQuotas } from '../cinder/quotas.js';
import { Prisma } from '../kernel/database.js';
import { forbidden, type OpenStackError } from '../kernel/errors.js';
import { integer, nullable } from '../kernel/rows.js';
import type { NeutronQuotas } from '../neutron/quotas.js';

/** What one server of a request will take of other services' quotas. */
export interface TakenElsewhere {
  /** Ports that its boot makes. */
  readonly ports: number;
  /** Sizes of the volumes that its boot makes, in GiB. */
  readonly volumes: readonly number[];
}
/** What a project has left there, as the quota's statement reads it. Null where there is no limit, or none is asked for. */
export const ROOM_ELSEWHERE = Type.Object({ ports: nullable(integer), volumes: nullable(VOLUME_STANDING) });
type RoomElsewhere = Readonly<Static<typeof ROOM_ELSEWHERE>>;
/** The quotas of other services as a request for servers meets them. */
export interface OtherQuotas {
  /** A JSON object as ROOM_ELSEWHERE describes it, as an expression of SQL. */
  readonly sql: Prisma.Sql;
  /** How many servers may be made. */
  fit(room: RoomElsewhere, wanted: number): number;
  /** Why not so many. */
  refusal(room: RoomElsewhere, wanted: number): OpenStackError;
}

/** What a request asks for, read from its body. */
export function takenElsewhere(
  networks: readonly { port?: string | undefined }[],
  devices: readonly { source_type: string; destination_type: string; volume_size?: number | undefined }[],
): TakenElsewhere {
  return {
    ports: networks.filter((n) => n.port === undefined).length,
    volumes: devices
      .filter((d) => d.destination_type === 'volume' && d.source_type !== 'volume')
      .map((d) => d.volume_size ?? 0),
  };
}

/**
 * Nova asks Neutron for the quota of ports before it accepts a request, and makes fewer servers if there is no room for
 * all (nova/compute/api.py). Here the same is done for volumes, whose quota Nova leaves to the builds. It is a first
 * check only, in the statement that counts Nova's own quota: the boots count again when they make the ports and
 * volumes.
 */
export function otherQuotas(
  { neutron, cinder }: { neutron: { quotas: NeutronQuotas }; cinder: { quotas: VolumeQuotas } },
  projectId: string,
  each: TakenElsewhere,
): OtherQuotas {
  const none = Prisma.sql`NULL`;
  const ports = each.ports === 0 ? none : neutron.quotas.room(projectId, 'port');
  const volumes = each.volumes.length === 0 ? none : cinder.quotas.standing(projectId);
  const refused = ({ ports: room, volumes: standing }: RoomElsewhere, count: number): OpenStackError | undefined => {
    if (room !== null && count * each.ports > room) return forbidden('Maximum number of ports exceeded');
    if (standing === null) return undefined;
    try {
      checkRoom(standing, each.volumes, count);
      return undefined;
    } catch (error) {
      return forbidden((error as Error).message);
    }
  };
  return {
    sql: Prisma.sql`jsonb_build_object('ports', ${ports}, 'volumes', ${volumes})`,
    fit(room, wanted) {
      // By halves, since a request may name billions: where a number fits, so does every smaller one.
      let [fits, refusedFrom] = [0, wanted + 1];
      while (refusedFrom - fits > 1) {
        const middle = Math.floor((fits + refusedFrom) / 2);
        if (refused(room, middle) === undefined) fits = middle;
        else refusedFrom = middle;
      }
      return fits;
    },
    refusal: (room, wanted) => refused(room, wanted) ?? forbidden('Maximum number of ports exceeded'),
  };
}
