/** Who did something, as far as it is known. */
export interface Initiator {
  /** The user's id. */
  readonly id?: string | undefined;
  /** The name that somebody tried to log in by, where no id is known. */
  readonly name?: string | undefined;
  readonly projectId?: string | undefined;
  readonly domainId?: string | undefined;
  /** Names the token without being usable as one. */
  readonly auditId?: string | undefined;
  readonly address: string;
  /** What its client calls itself. */
  readonly agent?: string | undefined;
}

/** What a request did, and how that ended. */
export interface Deed {
  /** req-<uuid> */
  readonly requestId: string;
  readonly initiator: Initiator;
  /** The service that was asked, as its path begins: `compute`. */
  readonly service: string;
  /** What it was done to: `server`. */
  readonly resource: string;
  /** CADF's action, and what of it: `create`, `update/reboot`. */
  readonly action: string;
  readonly targetId?: string | undefined;
  /** The path, and what of its query is no secret. */
  readonly path: string;
  readonly status: number;
}

/** A row of the trail, but for its time, which is the database's. */
export interface TrailRow {
  readonly id: string;
  readonly initiator_id: string | null;
  readonly project_id: string | null;
  readonly action: string;
  readonly outcome: 'success' | 'failure';
  readonly target_type: string;
  readonly target_id: string | null;
  readonly request_id: string;
  readonly event: object;
}

/** The services' names in CADF's taxonomy (keystonemiddleware's etc/api_audit_map.conf files: service_endpoints). */
const OBSERVERS: Readonly<Record<string, string>> = {
  identity: 'service/security',
  compute: 'service/compute',
  volume: 'service/storage/block',
  image: 'service/storage/image',
  'object-store': 'service/storage/object',
  network: 'service/network',
  placement: 'service/compute/placement',
  alarming: 'service/metering',
  prometheus: 'service/metering',
};
/** Longer texts are cut: an event is about a kilobyte. */
const LONGEST = 255;
const LONGEST_PATH = 1_024;
/** What PostgreSQL's JSON does not hold: one such text would keep all events of its batch from being written. */
const UNWRITABLE = /[\0\p{Surrogate}]/gu;
const cut = (text: string, most = LONGEST): string =>
  (text.length > most ? `${text.slice(0, most)}…` : text).replaceAll(UNWRITABLE, '\ufffd');
const cutId = (id: string | undefined): string | undefined => (id === undefined ? undefined : cut(id));

/** The id of a request's event: a request is one event, so that one is found by the other. */
export const eventIdOf = (requestId: string): string => requestId.replace(/^req-/, '');

/**
 * A deed as a row, with the event in CADF's words (pycadf/event.py, keystonemiddleware/audit/_api.py). There is no body,
 * secret or token in it.
 */
export function rowOf(deed: Deed): TrailRow {
  const { initiator, service, resource, action, status, requestId } = deed;
  const observer = OBSERVERS[service] ?? 'service/oss';
  const targetId = cutId(deed.targetId);
  const userId = cutId(initiator.id);
  const outcome = status < 400 ? 'success' : 'failure';
  const [name, auditId] = [cutId(initiator.name), initiator.auditId];
  return {
    id: eventIdOf(requestId),
    initiator_id: userId ?? null,
    project_id: initiator.projectId ?? null,
    action: `${service}/${resource}/${action}`,
    outcome,
    target_type: `${observer}/${resource}`,
    target_id: targetId ?? null,
    request_id: requestId,
    event: {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      id: eventIdOf(requestId),
      action,
      outcome,
      initiator: {
        id: userId ?? 'unknown',
        typeURI: 'service/security/account/user',
        ...(name === undefined ? {} : { name }),
        ...(userId === undefined ? {} : { user_id: userId }),
        ...(initiator.projectId === undefined ? {} : { project_id: initiator.projectId }),
        ...(initiator.domainId === undefined ? {} : { domain_id: initiator.domainId }),
        host: {
          address: initiator.address,
          ...(initiator.agent === undefined ? {} : { agent: cut(initiator.agent) }),
        },
      },
      target: { id: targetId ?? 'unknown', typeURI: `${observer}/${resource}` },
      observer: { id: service, typeURI: observer },
      requestPath: cut(deed.path, LONGEST_PATH),
      reason: { reasonType: 'HTTP', reasonCode: String(status) },
      tags: [`correlation_id?value=${requestId}`, ...(auditId === undefined ? [] : [`audit_id?value=${auditId}`])],
    },
  };
}
