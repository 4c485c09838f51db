import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { badRequest, forbidden } from '#services/kernel/errors';
import { Answers, Described, Query } from '../http/described.js';
import { Policy, Public } from '../http/policy.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { keystoneDialect } from './dialect.js';

const Time = Type.String({ format: 'date-time' });
const link = Type.Union([Type.String(), Type.Null()]);
const EventsSchema = Type.Object(
  {
    events: Type.Array(
      Type.Object(
        { audit_id: Type.String(), issued_before: Time },
        { additionalProperties: false, title: 'RevocationEvent' },
      ),
    ),
    links: Type.Object({ next: link, self: link, previous: link }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

/** Which tokens were revoked (keystone/api/os_revoke.py), for services that validate tokens without asking Keystone. */
@Controller('identity/v3')
export class RevocationsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The tokens that were revoked by themselves, until they would have expired. What else ends tokens is counted at their user and
   * their project, and no event. When one was revoked is not kept, so that `since` leaves none out.
   */
  @Get('OS-REVOKE/events')
  @Policy('identity:list_revoke_events')
  @Answers(EventsSchema)
  async events(@Query({ since: 'Only those that came after this time.' }) { since }: { since?: string }) {
    if (since && Number.isNaN(Date.parse(since))) throw badRequest(`invalidate date format ${since}`);
    const events = await this.services.keystone.tokens.revoked();
    return {
      events: events.map(({ audit_id, expires_at }) => ({ audit_id, issued_before: keystoneDialect.time(expires_at) })),
      links: { next: null, self: `${this.config.publicUrl}/identity/v3/OS-REVOKE/events`, previous: null },
    };
  }

  /** There are no tokens that a list could name; Keystone refuses everybody, also who has no token. @throws 403 */
  @Get('auth/tokens/OS-PKI/revoked')
  @Public()
  @Described({ answer: null, refusals: [403] })
  revoked(): void {
    throw forbidden('You are not authorized to perform the requested action.');
  }
}
