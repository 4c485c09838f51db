import { Module } from '@nestjs/common';
import { image } from '#services/glance/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { glanceDialect } from './dialect.js';
import { ImagesController } from './images.controller.js';
import { ImageSchemasController } from './schemas.controller.js';
import { ImageUsageController } from './usage.controller.js';

const of = inDialect(glanceDialect);
export const GLANCE_RESOURCES: readonly Resource[] = [of(image, ({ glance }) => glance.images)];

/** The routes of Glance. */
@Module({
  controllers: [ImageSchemasController, ImageUsageController, ImagesController, ...GLANCE_RESOURCES.map(controllerOf)],
})
export class GlanceModule {}
