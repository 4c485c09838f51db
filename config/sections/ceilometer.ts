import { whole } from './setting.js';

/** The agents that measure (Ceilometer's polling). */
export const ceilometer = {
  interval: whole(
    'NOVAFLOW_CEILOMETER_INTERVAL',
    300,
    'Seconds between two samples of the same thing (polling.yaml: interval); 0 measures nothing.',
  ),
};
