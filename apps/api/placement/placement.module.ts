import { Module } from '@nestjs/common';
import { resourceClass, resourceProvider, trait } from '#services/placement/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { AllocationsController } from './allocations.controller.js';
import { CandidatesController } from './candidates.controller.js';
import { placementDialect } from './dialect.js';
import { InventoriesController } from './inventories.controller.js';
import { ProviderPartsController } from './provider-parts.controller.js';
import { ReshaperController } from './reshaper.controller.js';

const of = inDialect(placementDialect);
export const PLACEMENT_RESOURCES: readonly Resource[] = [
  of(resourceProvider, ({ placement }) => placement.providers),
  of(resourceClass, ({ placement }) => placement.classes),
  of(trait, ({ placement }) => placement.traits),
];

/** The routes of Placement. */
@Module({
  controllers: [
    ...PLACEMENT_RESOURCES.map(controllerOf),
    InventoriesController,
    ProviderPartsController,
    AllocationsController,
    CandidatesController,
    ReshaperController,
  ],
})
export class PlacementModule {}
