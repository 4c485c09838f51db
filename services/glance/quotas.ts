import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import { Prisma, type Database, type Queries, type Sql, type Statements } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { takeTurn, type Level } from '../kernel/hard-limits.js';
import { integer, rowType, rowsOf } from '../kernel/rows.js';
import { Turns } from '../kernel/turns.js';
import { UnifiedLimits } from '../keystone/index.js';

/** What Glance counts, by Keystone's names (glance/quota/keystone.py). Sizes are in MiB, each total rounded down. */
const NAMES = {
  image_count_total: 'image_count_total',
  image_count_uploading: 'image_count_uploading',
  image_size_total: 'image_size_total',
  image_stage_total: 'image_stage_total',
} as const;
export type ImageResource = keyof typeof NAMES;

const AMOUNTS = Type.Object({
  image_count_total: integer,
  image_count_uploading: integer,
  image_size_total: integer,
  image_stage_total: integer,
});
const LEVEL = Type.Object({ limits: AMOUNTS, used: AMOUNTS });
const STANDING = rowType({ levels: Type.Array(LEVEL) });

const MIB = 2 ** 20;
export const mebibytes = (bytes: number): number => Math.floor(bytes / MIB);

/**
 * Keystone's limits of images, where they hold (glance-api.conf: use_keystone_limits). Glance counts before it writes, and
 * what arrives at once goes beyond a limit. Here the images of a project are counted in the transaction that writes, and
 * those transactions take turns. They are the image's owner's, also where an administrator makes one for another project.
 */
export class ImageQuotas {
  private readonly store: UnifiedLimits<ImageResource> | undefined;
  private readonly turns = new Turns();

  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    config: Config,
  ) {
    const { region } = config.cloud;
    const whose = { service: 'image', region, model: config.keystone.enforcement_model } as const;
    this.store = config.glance.use_keystone_limits ? new UnifiedLimits(whose, NAMES) : undefined;
  }

  /** What a project may have and has; nothing where no limits hold. */
  async standing(projectId: string): Promise<Readonly<Record<string, { limit: number; usage: number }>>> {
    if (this.store === undefined) return {};
    const [own] = await this.levels(this.db, this.store, projectId);
    const { limits, used } = own as Static<typeof LEVEL>;
    return Object.fromEntries(this.store.resources.map((one) => [one, { limit: limits[one], usage: used[one] }]));
  }

  /** Runs the transaction that inserts images if so many more fit. @throws 413 in Glance's words */
  async making<T>(
    _resource: string,
    [projectId = '', ...others]: readonly string[],
    insert: (tx: Queries) => Promise<T>,
  ): Promise<T> {
    if (this.store === undefined) return this.db.$transaction(insert);
    const lock = await this.lockOf(this.store, projectId);
    return this.turns.take([lock], () =>
      this.db.$transaction(async (tx) => {
        await takeTurn(tx, lock);
        await this.check(tx, projectId, { image_count_total: 1 + others.length });
        return insert(tx);
      }),
    );
  }

  /**
   * Runs a statement that writes, if so much more of the project fits.
   * @throws 413 in Glance's words
   */
  async within<T>(
    projectId: string,
    more: Partial<Record<ImageResource, number>>,
    write: (on: Statements) => Promise<T>,
  ): Promise<T> {
    const { store } = this;
    if (store === undefined) return write(this.sql);
    const lock = await this.lockOf(store, projectId);
    return this.turns.take([lock], () =>
      this.sql.transaction(async (tx) => {
        await this.check(tx, projectId, more);
        return write(tx);
      }, lock),
    );
  }

  private async lockOf(store: UnifiedLimits<ImageResource>, projectId: string): Promise<string> {
    return `quota/images/${(await store.poolsOf(this.db, [projectId])).get(projectId)!}`;
  }

  private async check(tx: Statements, projectId: string, more: Partial<Record<ImageResource, number>>): Promise<void> {
    if (this.store === undefined) return;
    for (const { limits, used } of await this.levels(tx, this.store, projectId)) {
      const over = this.store.resources
        .filter((one) => limits[one] >= 0 && used[one] + (more[one] ?? -Infinity) > limits[one])
        .map(
          (one) =>
            `Resource ${one} is over limit of ${limits[one]} due to current usage ${used[one]} and delta ${more[one] ?? 0}`,
        );
      if (over.length > 0) throw limitExceeded(`Project ${projectId} is over a limit for [${over.join(', ')}]`);
    }
  }

  private async levels(db: Statements, store: UnifiedLimits<ImageResource>, projectId: string) {
    const levels = Prisma.join(store.levels(projectId).map(standingAt));
    const [found] = await rowsOf(db, STANDING)`SELECT jsonb_build_array(${levels}) AS levels`;
    return found!.levels;
  }
}

const standingAt = ({ limit, whose }: Level<ImageResource>): Prisma.Sql => {
  const limits = Object.keys(NAMES).map((one) => Prisma.sql`${one}::text, ${limit(one as ImageResource)}`);
  // Nothing is staged here: what is uploaded goes to its place at once.
  return Prisma.sql`jsonb_build_object('limits', jsonb_build_object(${Prisma.join(limits)}), 'used', (
    SELECT jsonb_build_object('image_count_total', count(*), 'image_count_uploading', count(*) FILTER (WHERE status = 'saving'),
      'image_size_total', floor(COALESCE(sum(size), 0) / ${MIB}::int)::bigint, 'image_stage_total', 0)
    FROM glance.images WHERE ${whose('owner')} AND deleted_at IS NULL))`;
};

/** As Glance answers it (glance/common/exception.py: LimitExceeded). */
const limitExceeded = (body: string): OpenStackError =>
  new OpenStackError(
    413,
    'HTTPRequestEntityTooLarge',
    `The request returned a 413 Request Entity Too Large. This generally means that rate limiting or a quota threshold was breached.\n\nThe response body:\n${body}`,
  );
