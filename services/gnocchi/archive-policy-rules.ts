import { Prisma, isConflict, type Database, type Sql } from '../kernel/database.js';
import { object, readBody, textUpTo } from './checks.js';
import { readRules, type ArchivePolicyRule } from './rules.js';
import { archivePolicyRuleExists, noArchivePolicyFor, noArchivePolicyRule, unsupportedRuleChange } from './words.js';

const NEW = object({ name: textUpTo(255), metric_pattern: textUpTo(255), archive_policy_name: textUpTo(255) }, {});
const CHANGE = object({ name: textUpTo(255) }, {});

/** Which archive policy metrics get that name none. */
export class ArchivePolicyRules {
  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
  ) {}

  /** In the order in which they are asked. */
  list(): Promise<ArchivePolicyRule[]> {
    return readRules(this.sql);
  }

  /** @throws 404 */
  async get(name: string): Promise<ArchivePolicyRule> {
    const rule = await this.db.archivePolicyRule.findUnique({ where: { name } });
    if (rule === null) throw noArchivePolicyRule(name);
    return rule;
  }

  /** @throws 400, 409 */
  async create(body: unknown): Promise<ArchivePolicyRule> {
    const data = readBody(NEW, body);
    return this.db.archivePolicyRule.create({ data }).catch((error: unknown) => {
      if (isConflict(error)) throw archivePolicyRuleExists(data.name);
      throw isForeign(error) ? noArchivePolicyFor(data.archive_policy_name) : error;
    });
  }

  /** Gives it another name, which is all that can be changed. @throws 400, 404 */
  async rename(name: string, body: unknown): Promise<ArchivePolicyRule> {
    const data = readBody(CHANGE, body);
    return this.db.archivePolicyRule.update({ where: { name }, data }).catch((error: unknown) => {
      if (isConflict(error)) throw unsupportedRuleChange(name, `Archive policy rule ${data.name} already exists.`);
      throw isMissing(error) ? noArchivePolicyRule(name) : error;
    });
  }

  /** @throws 404 */
  async delete(name: string): Promise<void> {
    await this.db.archivePolicyRule.delete({ where: { name } }).catch((error: unknown) => {
      throw isMissing(error) ? noArchivePolicyRule(name) : error;
    });
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined;
const isMissing = (error: unknown): boolean => codeOf(error) === 'P2025';
const isForeign = (error: unknown): boolean => codeOf(error) === 'P2003';
