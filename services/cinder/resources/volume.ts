import { Type } from 'typebox';
import { badRequest, notFound } from '../../kernel/errors.js';
import { always, computed, int, json, text, time, uuid, type Sees } from '../../kernel/resource/fields.js';
import { newOperation } from '../../kernel/operations.js';
import { metadataFilter } from '../metadata-filter.js';
import { CREATE_VOLUME, deletionOf } from '../operations.js';
import { moveVolume } from '../status.js';
import { sizeOf } from '../volume-size.js';
import { VOLUMES_DELETABLE } from '../volume-states.js';
import { FILE_TYPE, isFileType } from '../volume-type.js';
import { resource } from '../words.js';

const both = { write: ['post', 'put'] } as const;
const INT4_MAX = 2_147_483_647;
const name = { nullable: true, max: 255, ...both } as const;
const metadata = Type.Union([
  Type.Record(Type.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), Type.String({ maxLength: 255 }), {
    additionalProperties: false,
  }),
  Type.Null(),
]);
/** What this cloud's volumes cannot be made of; asked for, it is refused by the schema in words. */
const never = { write: ['post'], column: '' } as const;
const noUuid = Type.Null();
/** What Cinder's extensions add to what a GET shows. */
const added = { answers: ['list', 'get'] } as const;
const admin = { seenBy: 'context_is_admin' } as const;

/** No volume of this cloud has what is asked for. */
const nothing = { id: { in: [] } };

interface Attached {
  readonly id: string;
  readonly attachments: readonly {
    readonly id: string;
    readonly server_id: string;
    readonly host: string | null;
    readonly mountpoint: string;
    readonly attached_at: Date;
  }[];
}
const attachmentsOf = ({ id, attachments }: Attached, _minor: number, sees: Sees): object[] =>
  attachments.map((a) => ({
    id,
    attachment_id: a.id,
    volume_id: id,
    server_id: a.server_id,
    host_name: sees('context_is_admin') ? a.host : null,
    device: a.mountpoint,
    attached_at: a.attached_at,
  }));

/** A volume (cinder/api/v3/volumes.py, cinder/api/v3/views/volumes.py). Making and deleting one begins an operation. */
export const volume = resource({
  names: ['volume', 'volumes'],
  record: 'volume',
  operated: ['create', 'delete'],
  table: 'cinder.volumes',
  include: { attachments: true },
  owner: 'project_id',
  quota: 'volumes',
  order: [{ created_at: 'desc' }],
  fields: {
    id: uuid({ brief: true, filter: 'admin', sort: true }),
    name: text({ ...name, brief: true, filter: true, sort: true }),
    description: text({ ...name, filter: 'admin' }),
    display_name: text({ ...name, column: 'name', hidden: true, filter: 'admin', sort: true }),
    display_description: text({ ...name, column: 'description', hidden: true }),
    size: int({ min: 1, max: INT4_MAX, nullable: true, write: ['post'], filter: true, sort: true }),
    status: text({ filter: true, sort: true }),
    availability_zone: text({ nullable: true, min: 1, max: 255, write: ['post'], filter: true, sort: true }),
    volume_type: text({ nullable: true, max: 255, write: ['post'], filter: 'admin' }),
    volume_type_id: always(FILE_TYPE.id, Type.String(), { since: 63 }),
    bootable: computed(Type.String(), (row: { bootable: boolean }) => String(row.bootable), { sort: true }),
    encrypted: always(false, Type.Boolean()),
    multiattach: always(false, Type.Unsafe<false>({ enum: [false, null] }), never),
    user_id: text({ filter: 'admin', sort: true }),
    created_at: time({ sort: true, filter: true }),
    updated_at: time({ sort: true, filter: true }),
    metadata: json<Record<string, string> | null, typeof both>(metadata, both),
    imageRef: text({ refersTo: 'image/image', nullable: true, max: 255, write: ['post'], column: '', hidden: true }),
    image_id: text({ refersTo: 'image/image', nullable: true, max: 255, write: ['post'], column: '', hidden: true }),
    snapshot_id: always(null, noUuid, never),
    source_volid: always(null, noUuid, never),
    backup_id: always(null, noUuid, { ...never, hidden: true }),
    consistencygroup_id: always(null, noUuid, never),
    group_id: always(null, noUuid, { ...never, since: 13 }),
    replication_status: always(null, Type.Null()),
    migration_status: always(null, Type.Null(), admin),
    provider_id: always(null, Type.Null(), { ...admin, since: 21 }),
    shared_targets: always(false, Type.Boolean(), { since: 48 }),
    service_uuid: always(null, Type.Null(), { since: 48 }),
    cluster_name: always(null, Type.Null(), { ...admin, since: 61 }),
    consumes_quota: always(true, Type.Boolean(), { since: 65 }),
    attachments: computed(Type.Array(Type.Object({})), attachmentsOf, {}),
    volume_image_metadata: computed(
      Type.Object({}),
      ({ image_id }: { image_id: string | null }) => (image_id === null ? undefined : { image_id }),
      { ...added, seenBy: 'volume_extension:volume_image_metadata:show' },
    ),
    project_id: text({ hidden: true, filter: 'admin', sort: true }),
    'os-vol-tenant-attr:tenant_id': text({
      ...added,
      column: 'project_id',
      seenBy: 'volume_extension:volume_tenant_attribute',
    }),
    host: text({ hidden: true, nullable: true, filter: 'admin', sort: true }),
    'os-vol-host-attr:host': text({ ...added, column: 'host', seenBy: 'volume_extension:volume_host_attribute' }),
    'os-vol-mig-status-attr:migstat': always(null, Type.Null(), {
      ...added,
      seenBy: 'volume_extension:volume_mig_status_attribute',
    }),
    'os-vol-mig-status-attr:name_id': always(null, Type.Null(), {
      ...added,
      seenBy: 'volume_extension:volume_mig_status_attribute',
    }),
  },
  filters: {
    metadata: metadataFilter,
    bootable: (values) => ({ bootable: !/^(false|0|f|off|n|no)$/i.test(values.at(-1) ?? '') }),
    consumes_quota: (values) => (/^(true|1|t|on|y|yes)$/i.test(values.at(-1) ?? '') ? {} : nothing),
    group_id: () => nothing,
    migration_status: () => nothing,
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  async plan({ ctx, parts }, input) {
    const { volume_type, imageRef, image_id } = input;
    if (volume_type && !isFileType(volume_type))
      throw notFound('VolumeTypeNotFoundByName', `Volume type with name ${volume_type} could not be found.`);
    // Nova's references are addresses, whose last part is the id.
    const reference = (imageRef ?? image_id)?.split('/').at(-1);
    const image = reference ? await parts.bootableImage(ctx, reference) : undefined;
    return {
      ...namesOf(input),
      size: sizeOf(input.size ?? undefined, image?.minimumGb),
      status: 'creating',
      user_id: ctx.userId,
      image_id: image?.id ?? null,
      bootable: image !== undefined,
      metadata: input.metadata ?? {},
      availability_zone: input.availability_zone ?? 'nova',
      volume_type: FILE_TYPE.name,
    };
  },
  async beforeCreate({ ctx, tx, parts, afterCommit }, data) {
    const { id, size, image_id } = data as { id: string; size: number; image_id: string | null };
    const request = { volumeId: id, sizeGb: size, ...(image_id === null ? {} : { imageId: image_id }) };
    const operation = newOperation(CREATE_VOLUME, id, request, ctx, {
      summary: `Create volume ${(data['name'] as string) || id} (${size} GiB)`,
      details: `Requested by ${ctx.requestId}`,
    });
    await parts.operations.add(tx, [operation]);
    afterCommit(() => parts.start([operation]));
    return { operation_id: operation.id };
  },
  beforeUpdate(_at, _row, change) {
    return Promise.resolve({
      ...namesOf(change),
      ...(change.metadata === undefined ? {} : { metadata: change.metadata ?? {} }),
    });
  },
  async remove({ ctx, tx, parts, afterCommit }, row) {
    const operation = deletionOf(row, ctx);
    if (!(await moveVolume(tx, row.id, VOLUMES_DELETABLE, 'deleting', operation.id)))
      throw badRequest(
        'Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.',
      );
    await parts.operations.add(tx, [operation]);
    afterCommit(() => parts.start([operation]));
  },
});

interface Named {
  readonly name?: string | null | undefined;
  readonly display_name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly display_description?: string | null | undefined;
}

/** Both are known by an older name, too, and Cinder takes white space off them. */
function namesOf({ name: title, display_name, description: words, display_description }: Named) {
  const called = title === undefined ? display_name : title;
  const description = words === undefined ? display_description : words;
  return {
    ...(called === undefined ? {} : { name: called?.trim() ?? '' }),
    ...(description === undefined ? {} : { description: description?.trim() ?? null }),
  };
}
