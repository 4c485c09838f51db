import { Module } from '@nestjs/common';
import { alarm } from '#services/aodh/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { AlarmsController } from './alarms.controller.js';
import { AodhController } from './aodh.controller.js';
import { aodhDialect } from './dialect.js';

const of = inDialect(aodhDialect);
export const AODH_RESOURCES: readonly Resource[] = [of(alarm, ({ aodh }) => aodh.alarms)];

/** The routes of Aodh. */
@Module({ controllers: [...AODH_RESOURCES.map(controllerOf), AlarmsController, AodhController] })
export class AodhModule {}
