import { Module } from '@nestjs/common';
import { SwiftObjectsController } from './objects.controller.js';
import { SwiftController } from './swift.controller.js';

/** The routes of Swift. */
@Module({ controllers: [SwiftController, SwiftObjectsController] })
export class SwiftModule {}
