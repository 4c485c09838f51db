import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import { computed, int, text, time, uuid } from '../../kernel/resource/fields.js';
import { rowsOf } from '../../kernel/rows.js';
import type { Where } from '../../kernel/resource/spec.js';
import { dashed } from '../ids.js';
import { PROVIDER_ID, providersWith } from '../inventories.js';
import { conflictOf, resource } from '../words.js';

/** What can be asked of a provider beside itself, each with the microversion that brought it. */
const PARTS = { inventories: 0, usages: 0, aggregates: 1, traits: 6, allocations: 11 };
/** From here on a provider may be moved to another parent, or made a root. */
const REPARENTING = 37;

interface Placed {
  readonly id: string;
  readonly root_provider_id: string | null;
}
const rootOf = ({ id, root_provider_id }: Placed): string => root_provider_id ?? id;

/** A resource provider (placement/handlers/resource_provider.py). */
export const resourceProvider = resource({
  names: ['resource_provider', 'resource_providers'],
  path: 'resource_providers',
  record: 'resourceProvider',
  table: 'placement.resource_providers',
  ownerless: true,
  order: [{ name: 'asc' }],
  fields: {
    uuid: uuid({ column: 'id', write: ['post'], filter: true }),
    name: text({ write: ['post', 'put'], required: 'always', max: 200, filter: true }),
    generation: int({}),
    links: computed(Type.Array(Type.Unknown()), ({ id }: { id: string }, minor) => linksOf(id, minor), {}),
    parent_provider_uuid: uuid({
      refersTo: 'placement/resource_provider',
      column: 'parent_provider_id',
      write: ['post', 'put'],
      nullable: true,
      since: 14,
    }),
    root_provider_uuid: computed(Type.String(), rootOf, {
      since: 14,
      refersTo: 'placement/resource_provider',
    }),
    updated_at: time({ hidden: true }),
  },
  filters: {
    in_tree: async ([id = ''], { parts }) => {
      const placed = await parts.db.resourceProvider.findUnique({ where: { id: dashed(id) } });
      return placed === null ? { id: { in: [] } } : treeOf(rootOf(placed));
    },
    member_of: (values) => ({ aggregates: { hasSome: values.map(dashed) } }),
    not_member_of: (values) => ({ NOT: { aggregates: { hasSome: values.map(dashed) } } }),
    required: (names, { parts }) => withTraits(parts.db, names, 'some'),
    forbidden: (names, { parts }) => withTraits(parts.db, names, 'none'),
    resources: async ([name = '', amount], { parts }) => ({
      id: { in: await providersWith(parts, name, Number(amount)) },
    }),
  },
  plan: (_at, { uuid: given, name }, { id }) => {
    const named = given === undefined ? String(id) : dashed(given);
    if (name === '') throw unable('create', `"", ${named}`, 'name is required');
    return { id: named };
  },
  async beforeCreate({ tx }, { id, parent_provider_id: parent }, { name }) {
    if (typeof parent !== 'string') return {};
    const refuse = (reason: string) => unable('create', `"${name}", ${String(id)}`, reason);
    if (dashed(parent) === id)
      throw refuse(
        'parent provider UUID cannot be same as UUID. Please set parent provider UUID to None if there is no parent.',
      );
    return underOf(tx, parent, refuse);
  },
  async beforeUpdate({ ctx, tx }, row, { parent_provider_uuid: given }) {
    if (given === undefined) return {};
    const refuse = (reason: string) => unable('update', row.id, reason);
    const parent = given === null ? null : dashed(given);
    if (parent === row.parent_provider_id) return {};
    if (row.parent_provider_id !== null && ctx.microversion < REPARENTING)
      throw refuse(`${parent === null ? 'un' : 're'}-parenting a provider is not currently allowed.`);
    const place = parent === null ? { root_provider_id: null } : await underOf(tx, parent, refuse);
    const below = await subtreeOf(tx, row.id);
    if (parent !== null && below.includes(parent)) throw refuse('creating loop in the provider tree is not allowed.');
    const others = below.filter((id) => id !== row.id);
    await tx.resourceProvider.updateMany({
      where: { id: { in: others } },
      data: { root_provider_id: place.root_provider_id ?? row.id },
    });
    return place;
  },
  async beforeDelete({ tx }, { id }) {
    if (await tx.resourceProvider.findFirst({ where: { parent_provider_id: id } }))
      throw conflictOf(
        'placement.resource_provider.cannot_delete_parent',
        `Unable to delete parent resource provider ${id}: It has child resource providers.`,
      );
    if (await tx.allocation.findFirst({ where: { resource_provider_id: id } }))
      throw conflictOf(
        'placement.resource_provider.inuse',
        `Unable to delete resource provider ${id}: Resource provider has allocations.`,
      );
  },
  async taken({ id, name }, { db }) {
    const others = await db.resourceProvider.findMany({ where: { OR: [{ id: String(id) }, { name: String(name) }] } });
    const same = [
      ...(others.some((other) => other.id === id) ? [`uuid: ${String(id)}`] : []),
      ...(others.some((other) => other.name === name) ? [`name: ${String(name)}`] : []),
    ];
    return conflictOf('placement.duplicate_name', `Conflicting resource provider ${same.join(', ')} already exists.`);
  },
});

const linksOf = (id: string, minor: number) =>
  ['', ...Object.entries(PARTS).flatMap(([rel, since]) => (minor >= since ? [rel] : []))].map((rel) => ({
    rel: rel || 'self',
    href: `/placement/resource_providers/${id}${rel && `/${rel}`}`,
  }));

const treeOf = (root: string): Where => ({ OR: [{ id: root }, { root_provider_id: root }] });

/** @throws 400 for a trait that is not there */
async function withTraits(db: Queries, names: readonly string[], quantity: 'some' | 'none'): Promise<Where> {
  const there = await db.trait.findMany({ where: { name: { in: [...names] } } });
  const missing = names.filter((name) => there.every((one) => one.name !== name));
  if (missing.length > 0)
    throw badRequest(`Invalid trait(s) in "required" parameter: No such trait(s): ${missing.join(', ')}.`);
  return { traits: { [quantity]: { trait: { in: [...names] } } } };
}

/** Where a provider is that is put under another. One change of trees at a time: none makes a loop with another. */
async function underOf(tx: Queries, parent: string, refuse: (reason: string) => Error) {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('placement/trees', 0))`;
  const found = await tx.resourceProvider.findUnique({ where: { id: dashed(parent) } });
  if (found === null) throw refuse('parent provider UUID does not exist.');
  return { parent_provider_id: found.id, root_provider_id: rootOf(found) };
}

/** A provider and all below it. */
async function subtreeOf(tx: Queries, id: string): Promise<string[]> {
  const rows = await rowsOf(tx, PROVIDER_ID)`
    WITH RECURSIVE below AS (
      SELECT ${id} AS id UNION SELECT p.id FROM placement.resource_providers p JOIN below b ON p.parent_provider_id = b.id)
    SELECT id FROM below`;
  return rows.map((row) => row.id);
}

const unable = (action: 'create' | 'update', what: string, reason: string) =>
  badRequest(
    `Unable to ${action === 'create' ? 'create' : 'save'} resource provider ${what}: Object action ${action} failed because: ${reason}`,
  );
