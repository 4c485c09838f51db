import { Controller, Inject, Put } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import { REPORTED_TYPES } from '#services/ceilometer/index';
import type { Services } from '#services/index';
import { badRequest } from '#services/kernel/errors';
import type { HostRole } from '#services/keystone/host-users';
import { Answers, ValidBody } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';
import { Taken } from './answers.js';
import { Asker } from './asker.js';

/** A role sends 500 at once (apps/worker/telemetry.ts); some dozen meters are the most that a thing has. */
const MOST_SAMPLES = 500;
const MOST_METERS = 32;
/** Roles keep what they could not send for a day; a clock that goes ahead by more than this is wrong. */
const OLDEST_MS = 2 * 86_400_000;
const AHEAD_MS = 600_000;

const Samples = Type.Object(
  {
    samples: Type.Array(
      Type.Object(
        {
          type: Type.Enum(REPORTED_TYPES),
          id: Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\w.-]+$' }),
          part: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w.-]+$' })),
          at: Type.String({ format: 'date-time', maxLength: 32 }),
          metrics: Type.Record(Type.String({ maxLength: 64 }), Type.Number(), { maxProperties: MOST_METERS }),
        },
        { additionalProperties: false },
      ),
      { maxItems: MOST_SAMPLES },
    ),
  },
  { additionalProperties: false },
);

/** Where the agents of hosts deliver what they have measured. */
@Controller('internal/samples')
export class SamplesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** What a host role has measured of itself and of its own servers; that of other servers is left out, and not counted. */
  @Put()
  @Policy('novaflow:internal')
  @Answers(Taken)
  collect(
    @Asker() asker: HostRole,
    @ValidBody(Samples) { samples }: Static<typeof Samples>,
  ): Promise<Static<typeof Taken>> {
    const now = Date.now();
    const read = samples.map(({ at, ...sample }) => {
      const time = new Date(at);
      // Not a time that is compared with another clock's: only one that no partition of measures could be meant for.
      if (!(time.getTime() > now - OLDEST_MS && time.getTime() < now + AHEAD_MS))
        throw badRequest(`${at} is no time of a sample: two days ago at the earliest, in ten minutes at the latest.`);
      return { ...sample, at: time };
    });
    return this.services.ceilometer.collect(asker, read);
  }
}
