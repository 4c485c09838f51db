import { GnocchiError } from '#services/gnocchi/index';
import { OpenStackError } from '#services/kernel/errors';
import { MAX_PLACEMENT_VERSION, MIN_PLACEMENT_VERSION } from '../placement/microversion.js';

/** Nova's and Cinder's names of faults by status. */
const FAULT_NAMES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  417: 'Expectation Failed',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};
const titleOf = (status: number): string => TITLES[status] ?? 'Error';

/** What an error answers. */
interface Asked {
  readonly url: string;
  readonly requestId: string;
  /** None where it was refused before it was read. */
  readonly microversion?: number;
}
type Shape = (error: OpenStackError, asked: Asked) => object;

const keystone: Shape = ({ status, message }) => ({ error: { code: status, title: titleOf(status), message } });
const nova: Shape = ({ status, message }) => ({ [FAULT_NAMES[status] ?? 'computeFault']: { code: status, message } });
const PROMETHEUS_TYPES: Readonly<Record<number, string>> = {
  400: 'bad_data',
  404: 'not_found',
  406: 'not_acceptable',
  500: 'internal',
  503: 'unavailable',
};
/** From here on Placement's errors have codes. */
const PLACEMENT_CODES = 23;
const codeOf = (type: string): string => (type.startsWith('placement.') ? type : 'placement.undefined_code');

/** How each service writes an error, by the first part of its path. A map: a path may be called `constructor`. */
const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['identity', keystone],
  ['compute', nova],
  ['volume', ({ status, message }) => ({ [FAULT_NAMES[status] ?? 'cinderFault']: { code: status, message } })],
  [
    'image',
    ({ status, message }) => ({
      message: `${message}<br /><br />\n\n\n`,
      code: `${status} ${titleOf(status)}`,
      title: titleOf(status),
    }),
  ],
  ['network', ({ type, message }) => ({ NeutronError: { type, message, detail: '' } })],
  ['object-store', keystone],
  // Prometheus' (web/api/v1/api.go).
  [
    'prometheus',
    ({ status, message }) => ({ status: 'error', errorType: PROMETHEUS_TYPES[status] ?? 'execution', error: message }),
  ],
  [
    'alarming',
    // WSME's faults (wsme/rest/json.py) as aodh/api/middleware.py wraps them.
    ({ status, message }) => ({
      error_message: { faultcode: status < 500 ? 'Client' : 'Server', faultstring: message, debuginfo: null },
    }),
  ],
  [
    'metric',
    (error) => ({
      code: error.status,
      title: titleOf(error.status),
      description: error instanceof GnocchiError ? error.detail : error.message,
    }),
  ],
  [
    'placement',
    ({ status, type, message }, { requestId, microversion = 0 }) => ({
      errors: [
        {
          status,
          title: titleOf(status),
          detail: message,
          ...(microversion < PLACEMENT_CODES ? {} : { code: codeOf(type) }),
          request_id: requestId,
          ...(status === 406 ? { max_version: MAX_PLACEMENT_VERSION, min_version: MIN_PLACEMENT_VERSION } : {}),
        },
      ],
    }),
  ],
]);

/** Longer than any message of ours needs to be: what is longer repeats what the client sent. */
const MESSAGE_LENGTH = 2_048;

/** The first part of a path, which names the service that is asked. */
export const serviceOf = (url: string): string => /^\/*([^/?;]*)/.exec(url)?.[1] ?? '';

/** An error as it is answered. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** An error in the shape of the service that was asked. @param publicUrl where a client without a token gets one */
export function errorAnswer(error: OpenStackError, asked: Asked, publicUrl: string): ErrorAnswer {
  const { status, type, message, headers } = error;
  const said =
    message.length <= MESSAGE_LENGTH ? error : new OpenStackError(status, type, `${message.slice(0, MESSAGE_LENGTH)}…`);
  // It is written by the token check in front of the service, the same for all (keystonemiddleware). Aodh has 401s of its own.
  const unknown = status === 401 && type === 'Unauthorized';
  const shape = unknown ? keystone : (SHAPES.get(serviceOf(asked.url)) ?? nova);
  const challenge = unknown ? { 'WWW-Authenticate': `Keystone uri="${publicUrl}/identity"` } : {};
  return { status, headers: { ...challenge, ...headers }, body: shape(said, asked) };
}

/** 415 for a content type that no handler takes. */
export const notTaken = (type: string | undefined): OpenStackError =>
  new OpenStackError(
    415,
    'HTTPUnsupportedMediaType',
    `The content type ${type?.slice(0, 100) ?? ''} is not supported here; send application/json.`,
  );
