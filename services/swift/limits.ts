import { OpenStackError, badRequest } from '../kernel/errors.js';

/** Swift's own limits (swift/common/constraints.py), which `GET /info` answers. Lengths and sizes are in bytes. */
export const LIMITS = {
  max_file_size: 5_368_709_122,
  max_meta_name_length: 128,
  max_meta_value_length: 256,
  max_meta_count: 90,
  max_meta_overall_size: 4_096,
  max_object_name_length: 1_024,
  max_container_name_length: 256,
  max_account_name_length: 256,
  account_listing_limit: 10_000,
  container_listing_limit: 10_000,
} as const;

/** @throws 400 for a name that no container can have */
export function checkContainerName(name: string): void {
  if (name === '' || name.includes('/')) throw badRequest('Container name cannot be empty or contain slashes.');
  const length = Buffer.byteLength(name);
  if (length > LIMITS.max_container_name_length)
    throw badRequest(`Container name length of ${length} longer than ${LIMITS.max_container_name_length}`);
}

/** @throws 400 for a name that no object can have */
export function checkObjectName(name: string): void {
  const length = Buffer.byteLength(name);
  if (length === 0) throw badRequest('Object name cannot be empty.');
  if (length > LIMITS.max_object_name_length)
    throw badRequest(`Object name length of ${length} longer than ${LIMITS.max_object_name_length}`);
}

/**
 * Checks metadata as it came in headers, or as it would be with what is there.
 * @param prefix what the headers' names begin with, for the message
 * @throws 400 in Swift's words (check_metadata)
 */
export function checkMetadata(metadata: Readonly<Record<string, string>>, prefix: string): void {
  const entries = Object.entries(metadata);
  let size = 0;
  for (const [name, value] of entries) {
    if (name === '') throw badRequest('Metadata name cannot be empty');
    if (name.length > LIMITS.max_meta_name_length) throw badRequest(`Metadata name too long: ${prefix}${name}`);
    if (value.length > LIMITS.max_meta_value_length)
      throw badRequest(`Metadata value longer than ${LIMITS.max_meta_value_length}: ${prefix}${name}`);
    size += name.length + value.length;
  }
  if (entries.length > LIMITS.max_meta_count) throw badRequest(`Too many metadata items; max ${LIMITS.max_meta_count}`);
  if (size > LIMITS.max_meta_overall_size)
    throw badRequest(`Total metadata too large; max ${LIMITS.max_meta_overall_size}`);
}

/** @throws 413 for more bytes than an object may have */
export function checkSize(bytes: number): void {
  if (bytes > LIMITS.max_file_size)
    throw new OpenStackError(413, 'RequestEntityTooLarge', 'Your request is too large.');
}
