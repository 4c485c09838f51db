import { whole } from './setting.js';

/** Gnocchi: what was measured. */
export const gnocchi = {
  max_limit: whole('NOVAFLOW_GNOCCHI_MAX_LIMIT', 1_000, 'Most items of one page of a list (api.max_limit).', 1),
  raw_retention: whole(
    'NOVAFLOW_GNOCCHI_RAW_RETENTION',
    2,
    'Days that single measures are kept at least. What they come to is kept as archive policies say.',
    1,
  ),
  upkeep_interval: whole(
    'NOVAFLOW_GNOCCHI_UPKEEP_INTERVAL',
    3_600,
    'Seconds between two times at which a conductor makes partitions and removes what is kept no longer (metricd.metric_cleanup_delay).',
    1,
  ),
};
