import { Type } from 'typebox';
import { byMinor } from '../http/by-minor.js';

/** Microversions of what is answered (cinder/api/microversions.py). */
export const SUMMARY = 12;
export const SUMMARY_METADATA = 36;
export const CLUSTERS = 7;
export const BACKEND_STATE = 49;

const closed = { additionalProperties: false };
const text = Type.String();
const whole = Type.Integer();

/** GET /volumes/summary */
export const summarySchema = byMinor(
  (minor) =>
    Type.Object(
      {
        'volume-summary': Type.Object(
          {
            total_count: whole,
            total_size: whole,
            ...(minor < SUMMARY_METADATA ? {} : { metadata: Type.Record(text, Type.Array(text)) }),
          },
          closed,
        ),
      },
      closed,
    ),
  [0, SUMMARY_METADATA],
);

/** GET /limits */
export const LimitsSchema = Type.Object(
  { limits: Type.Object({ rate: Type.Array(Type.Unknown()), absolute: Type.Record(text, whole) }, closed) },
  closed,
);

/** GET /os-services */
export const servicesSchema = byMinor(
  (minor) =>
    Type.Object(
      {
        services: Type.Array(
          Type.Object(
            {
              binary: text,
              host: text,
              zone: text,
              status: text,
              state: Type.Enum(['up', 'down']),
              updated_at: text,
              disabled_reason: Type.Null(),
              replication_status: text,
              active_backend_id: Type.Null(),
              frozen: Type.Boolean(),
              ...(minor < CLUSTERS ? {} : { cluster: Type.Null() }),
              ...(minor < BACKEND_STATE ? {} : { backend_state: Type.Enum(['up', 'down']) }),
            },
            { ...closed, title: 'Service' },
          ),
        ),
      },
      closed,
    ),
  [0, CLUSTERS, BACKEND_STATE],
);
