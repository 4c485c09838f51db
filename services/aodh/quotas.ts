import type { Config } from '#config';
import type { Database, Queries } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { HardLimits, takeTurn } from '../kernel/hard-limits.js';
import type { Columns, QuotaCounter } from '../kernel/resource/spec.js';
import { integer, rowType, rowsOf } from '../kernel/rows.js';

const COUNTS = rowType({ allowed: integer, of_project: integer, of_user: integer });

/** How many alarms a project and a user may have (alarms.py: is_over_quota), counted inside the transaction that inserts. */
export class AlarmQuotas implements QuotaCounter {
  private readonly store: HardLimits<'alarms'>;

  constructor(
    private readonly db: Database,
    private readonly config: Config['aodh'],
  ) {
    this.store = new HardLimits('aodh.quotas', { alarms: config.project_alarm_quota });
  }

  /** The limit of a project. -1 is unlimited. */
  async of(projectId: string): Promise<number> {
    return (await this.store.of(this.db, projectId)).alarms;
  }

  async set(projectId: string, alarms: number): Promise<void> {
    await this.store.set(this.db, projectId, { alarms });
  }

  async reset(projectId: string): Promise<void> {
    await this.store.reset(this.db, projectId);
  }

  /** Runs the transaction that inserts alarms if they fit. @throws 403 in Aodh's words */
  making<T>(
    _resource: string,
    [projectId = '']: readonly string[],
    insert: (tx: Queries) => Promise<T>,
    planned: readonly Columns[],
  ): Promise<T> {
    const userId = String(planned[0]?.['user_id']);
    return this.db.$transaction(async (tx) => {
      await takeTurn(tx, `quota/alarms/${projectId}`);
      // A user's alarms are in several projects: those who make some of them have to wait for each other, too.
      if (this.config.user_alarm_quota >= 0) await takeTurn(tx, `quota/alarms of/${userId}`);
      await this.check(tx, projectId, userId, planned.length);
      return insert(tx);
    });
  }

  private async check(tx: Queries, projectId: string, userId: string, wanted: number): Promise<void> {
    const [level] = this.store.levels(projectId);
    const [row] = await rowsOf(tx, COUNTS)`
      SELECT ${level.limit('alarms')} AS allowed,
        (SELECT count(*)::int FROM aodh.alarms WHERE project_id = ${projectId}) AS of_project,
        (SELECT count(*)::int FROM aodh.alarms WHERE user_id = ${userId}) AS of_user`;
    const { allowed, of_project, of_user } = row!;
    const over = (limit: number, used: number): boolean => limit >= 0 && used + wanted > limit;
    if (over(allowed, of_project) || over(this.config.user_alarm_quota, of_user))
      throw new OpenStackError(403, 'OverQuota', `Alarm quota exceeded for user ${userId} on project ${projectId}`);
  }
}
