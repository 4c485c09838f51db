import { flag } from './setting.js';

/** Glance (glance-api.conf). */
export const glance = {
  require_image_format_match: flag(
    'NOVAFLOW_REQUIRE_IMAGE_FORMAT_MATCH',
    true,
    'Refuse uploads whose bytes are not of the image’s disk_format (glance-api.conf: require_image_format_match). Hosts refuse them in any case.',
  ),
  use_keystone_limits: flag(
    'NOVAFLOW_GLANCE_USE_KEYSTONE_LIMITS',
    false,
    'Whether Keystone’s limits hold for images; without, there are none (glance-api.conf: use_keystone_limits).',
  ),
};
