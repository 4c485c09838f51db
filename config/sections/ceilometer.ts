import { text, whole } from './setting.js';

/** The agents that measure (Ceilometer's polling). */
export const ceilometer = {
  interval: whole(
    'NOVAFLOW_CEILOMETER_INTERVAL',
    300,
    'Seconds between two samples of the same thing (polling.yaml: interval); 0 measures nothing.',
  ),
  archive_policy: text(
    'NOVAFLOW_CEILOMETER_ARCHIVE_POLICY',
    '',
    'Archive policy of every metric that is made from now on, in place of ceilometer-low and ceilometer-low-rate (pipeline.yaml: gnocchi://?archive_policy=), such as ceilometer-high-rate where the interval is short. While there is none of that name, nothing is kept of what is measured.',
  ),
};
