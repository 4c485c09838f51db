import { Type } from 'typebox';
import { isAdmin } from '../../kernel/context.js';
import { conflict, forbidden } from '../../kernel/errors.js';
import { bool, computed, int, listOf, oneOf, text, time } from '../../kernel/resource/fields.js';
import type { Columns } from '../../kernel/resource/spec.js';
import { DISK_FORMATS } from '../disk-formats.js';
import { checkCount, checkName } from '../image-names.js';
import { enforce, resource } from '../words.js';

const both = { write: ['post', 'put'] } as const;
const INT4_MAX = 2_147_483_647;
/** Images of other projects that everybody may see. */
export const SHOWN: ReadonlySet<string> = new Set(['public', 'community']);
const VISIBILITIES = ['community', 'public', 'private', 'shared'] as const;
const CONTAINERS = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const;
const format = { nullable: true, ...both, filter: true, sort: true } as const;
type Hashed = { readonly os_hash_value: string | null };

/** Each tag once. @throws 413 for too many */
function tagsOf(tags: readonly string[] | undefined): Columns {
  if (tags === undefined) return {};
  const once = [...new Set(tags)];
  checkCount('tags', once.length);
  return { tags: once };
}

/** Showing an image to everybody has rules of its own (glance/api/policy.py: _enforce_image_visibility). */
function checkVisibility(at: Parameters<typeof enforce>[0], visibility: string | undefined, owner: string): void {
  if (visibility === 'public') enforce(at, 'publicize_image', { project_id: owner });
  if (visibility === 'community') enforce(at, 'communitize_image', { project_id: owner });
}

/** An image (glance/api/v2/images.py). Its bytes come and go by routes of their own. */
export const image = resource({
  names: ['image', 'images'],
  record: 'image',
  table: 'glance.images',
  only: { deleted_at: null },
  owner: 'owner',
  quota: 'image_count_total',
  tags: true,
  extra: { column: 'properties', schema: Type.String({ maxLength: 255 }) },
  order: [{ created_at: 'desc' }],
  fields: {
    id: text({ format: 'uuid', write: ['post'], filter: true, sort: true }),
    name: text({ max: 255, ...format }),
    status: text({ filter: true, sort: true }),
    visibility: oneOf(VISIBILITIES, { default: 'shared', ...both, filter: true }),
    protected: bool({ ...both, filter: true }),
    os_hidden: bool({ ...both, filter: true }),
    checksum: text({ nullable: true, max: 32, filter: true }),
    os_hash_algo: computed(
      Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
      ({ os_hash_value }: Hashed) => (os_hash_value === null ? null : 'sha512'),
      {},
    ),
    os_hash_value: text({ nullable: true, max: 128, filter: true }),
    owner: text({ refersTo: 'identity/project', nullable: true, max: 255, ...both, filter: true }),
    size: int({ nullable: true, filter: true, sort: true }),
    virtual_size: int({ nullable: true, filter: true }),
    container_format: oneOf(CONTAINERS, format),
    disk_format: oneOf(DISK_FORMATS, format),
    created_at: time({ filter: true, sort: true }),
    updated_at: time({ filter: true, sort: true }),
    tags: listOf<string, typeof both>(Type.String({ maxLength: 255 }), both),
    min_ram: int({ min: 0, max: INT4_MAX, ...both, filter: true }),
    min_disk: int({ min: 0, max: INT4_MAX, ...both, filter: true }),
  },
  visible: ({ projectId }) => ({ OR: [{ owner: projectId }, { visibility: { in: [...SHOWN] } }] }),
  target: ({ owner }) => ({ project_id: owner }),
  newTarget({ ctx, parts }, { owner }) {
    const target = { project_id: owner ?? ctx.projectId, owner: owner ?? ctx.projectId };
    if (target.owner !== ctx.projectId && !parts.policies.allows('glance', 'add_image', ctx.credentials, target))
      throw forbidden(`You are not permitted to create images owned by '${target.owner}'.`);
    return target;
  },
  plan(at, input, { properties }) {
    Object.keys(input).forEach(checkName);
    const project = input.owner ?? at.ctx.projectId;
    checkVisibility(at, input.visibility, project);
    checkCount('properties', Object.keys(properties ?? {}).length);
    return { status: 'queued', owner: project, ...tagsOf(input.tags) };
  },
  taken: ({ id }) => conflict('Duplicate', `Image ID ${String(id)} already exists!`),
  beforeUpdate(at, row, change) {
    checkVisibility(at, change.visibility, row.owner);
    if (change.owner !== undefined && !isAdmin(at.ctx, 'glance'))
      throw forbidden("Owner can't be updated by non admin.");
    for (const name of ['container_format', 'disk_format'] as const)
      if (change[name] !== undefined && row.status !== 'queued')
        throw forbidden(`Attribute ${name} can be only replaced for a queued image.`);
    return Promise.resolve(tagsOf(change.tags));
  },
  beforeDelete(_at, { id, protected: kept }) {
    if (kept) throw forbidden(`Image ${id} is protected and cannot be deleted.`);
    return Promise.resolve();
  },
  /** The record goes first: a process that ends in between leaves bytes for an audit, never a record without bytes. */
  async remove({ tx, parts, afterCommit }, { id, location }) {
    await tx.$executeRaw`
      UPDATE glance.images SET status = 'deleted', deleted_at = now(), location = NULL WHERE id = ${id}`;
    if (location !== null) afterCommit(() => parts.objects.remove(location));
  },
  changed: ({ imageChanged }) => imageChanged(),
});
