import { Controller, Get, Inject } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import { badRequest } from '#services/kernel/errors';
import { Answers, Query } from '../http/described.js';
import { paged } from '../http/paged-query.js';
import { Policy } from '../http/policy.js';
import { timeOfQuery } from '../http/times.js';
import { SERVICES } from '../http/tokens.js';
import { TrailEvents } from './answers.js';

const PAGE = paged('Events', 100, 1_000, 'The id of the last event of the page before.');

const OUTCOMES = ['success', 'failure'];
const time = Type.String({ format: 'date-time' });

/** Who did what to which resource. */
@Controller('internal/audit-trail')
export class AuditTrailController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** The events that every given filter holds for, the newest first. One is there within a second of the answer. */
  @Get()
  @Policy('novaflow:audit_trail')
  @Answers(TrailEvents)
  async list(
    @Query({
      initiator: 'The user who asked.',
      project: 'The project of the token.',
      target: 'What it was done to.',
      action: 'The whole action (`compute/server/create`), or some of its words (`create`, `server`).',
      outcome: { description: 'How it ended.', schema: Type.Enum(OUTCOMES) },
      request_id: 'The request, as X-OpenStack-Request-Id names it.',
      since: { description: 'Not before this time.', schema: time },
      until: { description: 'Before this time.', schema: time },
      ...PAGE.parameters,
    })
    query: Readonly<Record<string, string | undefined>>,
  ): Promise<Static<typeof TrailEvents>> {
    const { limit, marker, outcome, since, until, request_id: requestId, ...same } = query;
    if (outcome !== undefined && !OUTCOMES.includes(outcome))
      throw badRequest(`outcome is ${OUTCOMES.join(' or ')}, and not ${outcome}.`);
    const events = await this.services.auditTrail.list(
      {
        initiator: same['initiator'],
        project: same['project'],
        target: same['target'],
        action: same['action'],
        outcome,
        requestId,
        since: timeOfQuery('since', since),
        until: timeOfQuery('until', until),
      },
      PAGE.limitOf(limit),
      marker,
    );
    return { events: events as Static<typeof TrailEvents>['events'] };
  }
}
