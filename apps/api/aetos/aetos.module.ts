import { Module } from '@nestjs/common';
import { AetosController } from './aetos.controller.js';

/** The routes of Aetos. */
@Module({ controllers: [AetosController] })
export class AetosModule {}
