/** What an image in a status has: the one place that says so, for downloads and audits (glance/domain/__init__.py). */
interface ImageStateFacts {
  /** Whether the object store has to have its bytes. */
  readonly bytes: 'none' | 'on their way' | 'there';
}

const IMAGE_STATES = {
  queued: { bytes: 'none' },
  saving: { bytes: 'on their way' },
  active: { bytes: 'there' },
  // Only an administrator may read it, and nobody may boot it.
  deactivated: { bytes: 'there' },
  deleted: { bytes: 'none' },
} as const satisfies Record<string, ImageStateFacts>;

const statusesWith = (bytes: ImageStateFacts['bytes']): readonly string[] =>
  Object.entries(IMAGE_STATES).flatMap(([status, facts]) => (facts.bytes === bytes ? [status] : []));

export const IMAGES_WITH_BYTES = statusesWith('there');
/** Those that an upload has to be under way for. */
export const IMAGES_UNDER_WAY = statusesWith('on their way');
