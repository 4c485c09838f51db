/** What oslo takes for a UUID: with or without its dashes (oslo_utils.uuidutils.is_uuid_like). */
export const UUID_LIKE = '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$';

/** A UUID as it is kept: in small letters, with its dashes. */
export const dashed = (uuid: string): string =>
  uuid
    .toLowerCase()
    .replaceAll('-', '')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
