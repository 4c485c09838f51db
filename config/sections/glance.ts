import { flag } from './setting.js';

/** Glance (glance-api.conf). */
export const glance = {
  require_image_format_match: flag(
    'NOVAFLOW_REQUIRE_IMAGE_FORMAT_MATCH',
    true,
    'Refuse uploads whose bytes are not of the image’s disk_format (glance-api.conf: require_image_format_match). Hosts refuse them in any case.',
  ),
};
