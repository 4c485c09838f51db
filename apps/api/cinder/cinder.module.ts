import { Module } from '@nestjs/common';
import { volume } from '#services/cinder/index';
import { controllerOf } from '../kit/controller.js';
import { quotasControllerOf } from '../kit/quotas.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { CinderController } from './cinder.controller.js';
import { cinderDialect } from './dialect.js';
import { VolumeMetadataController } from './metadata.controller.js';
import { cinderQuotas } from './quotas.js';

const of = inDialect(cinderDialect);
export const CINDER_RESOURCES: readonly Resource[] = [of(volume, ({ cinder }) => cinder.volumes)];

/** The routes of Cinder. Paths that are written out come before those with an id in their place. */
@Module({
  controllers: [
    CinderController,
    VolumeMetadataController,
    quotasControllerOf(cinderQuotas),
    ...CINDER_RESOURCES.map(controllerOf),
  ],
})
export class CinderModule {}
