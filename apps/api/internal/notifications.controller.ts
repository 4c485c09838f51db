import { Controller, Get, Inject } from '@nestjs/common';
import type { Static } from 'typebox';
import type { Services } from '#services/index';
import { Answers, Query } from '../http/described.js';
import { paged } from '../http/paged-query.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';
import { NotificationPage } from './answers.js';

const PAGE = paged('Notifications', 100, 1_000, 'The `next` of the page before; from the oldest on when left out.');

/** What happened to resources, in OpenStack's names. */
@Controller('internal/notifications')
export class NotificationsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /**
   * The notifications behind the marker that every given filter holds for, the oldest first, each exactly once. `next` is
   * the marker of the page behind this one, also where there is nothing there yet.
   */
  @Get()
  @Policy('novaflow:notifications')
  @Answers(NotificationPage)
  async list(
    @Query({
      event_type: 'The whole type, as `compute.instance.create.end`.',
      project: 'The project of the resource.',
      resource: 'The id of the resource.',
      ...PAGE.parameters,
    })
    query: Readonly<Record<string, string | undefined>>,
  ): Promise<Static<typeof NotificationPage>> {
    const { limit, marker, event_type: eventType, project, resource } = query;
    const { rows, cursor } = await this.services.notifications.after(marker, PAGE.limitOf(limit), {
      eventType,
      project,
      resource,
    });
    const notifications = rows.map(({ at, cursor: _place, ...row }) => ({ ...row, timestamp: at.toISOString() }));
    return { notifications: notifications as Static<typeof NotificationPage>['notifications'], next: cursor };
  }
}
