import { Module } from '@nestjs/common';
import { AggregatesController, AggregationController } from './aggregates.controller.js';
import { BatchController, SearchController } from './batch.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ArchivePoliciesController, ArchivePolicyRulesController } from './policies.controller.js';
import { ResourcesController } from './resources.controller.js';
import { GnocchiController } from './root.controller.js';
import { ResourceTypesController } from './types.controller.js';

/**
 * The routes of Gnocchi. They are written by hand: what a resource has is said by records that operators make, lists are searched by
 * trees, and half of what is answered is computed, of all of which the kit's descriptions know nothing.
 */
@Module({
  controllers: [
    GnocchiController,
    ArchivePoliciesController,
    ArchivePolicyRulesController,
    ResourceTypesController,
    ResourcesController,
    MetricsController,
    BatchController,
    SearchController,
    AggregatesController,
    AggregationController,
  ],
})
export class GnocchiModule {}
