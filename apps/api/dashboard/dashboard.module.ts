import { Module } from '@nestjs/common';
import { DescriptionsController } from './descriptions.controller.js';
import { EventsController } from './events.controller.js';
import { OperationsController } from './operations.controller.js';
import { PagesController } from './pages.controller.js';
import { SessionController } from './session.controller.js';

/** The server's part of the dashboard: sessions, what the pages are made of, and the pages themselves. */
@Module({
  controllers: [SessionController, DescriptionsController, OperationsController, EventsController, PagesController],
})
export class DashboardModule {}
