import { ChaosController } from './chaos.controller.js';
import { FaultsController } from './faults.controller.js';

/** What the api has in development mode only. */
export const DEVELOPMENT_CONTROLLERS = [FaultsController, ChaosController];
