import type { Database, Sql, Statements } from '../kernel/database.js';
import { Prisma, isConflict } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { DEFAULT_METHODS, isMethodChoice, methodsOf } from './aggregation-methods.js';
import { readPolicies, type ArchivePolicy, type Definition } from './archive-policy.js';
import { invalidInput } from './words.js';
import { listOf, object, readBody, reading, textUpTo, whole, type Check } from './checks.js';
import { SECOND, readSpan } from './times.js';
import {
  archivePolicyExists,
  archivePolicyInUse,
  floatText,
  noArchivePolicy,
  unsupportedPolicyChange,
} from './words.js';

const span: Check<number> = reading((value) => readSpan(value));
const definition: Check<Definition[]> = (value, path) =>
  listOf(object({}, { granularity: span, points: whole(1), timespan: span }), 1)(value, path).map(definitionOf);

/** Two of the three say the third (gnocchi/archive_policy.py: ArchivePolicyItem). @param given in microseconds @throws 400 */
function definitionOf(given: { granularity?: number; points?: number; timespan?: number }): Definition {
  const { points, timespan } = given;
  if (
    given.granularity !== undefined &&
    points !== undefined &&
    timespan !== undefined &&
    timespan !== given.granularity * points
  )
    throw badRequest('timespan ≠ granularity × points');
  if (given.granularity === undefined && (points === undefined || timespan === undefined))
    throw badRequest('At least two of granularity/points/timespan must be provided');
  const granularity = given.granularity ?? Math.floor(timespan! / points!);
  if (granularity <= 0) throw badRequest('Granularity should be > 0');
  if (points === undefined && timespan === undefined)
    return { granularity: granularity / SECOND, points: null, timespan: null };
  const many = points ?? Math.floor(timespan! / granularity);
  if (many <= 0) throw badRequest('Calculated number of points is < 0');
  if (granularity * many > Number.MAX_SAFE_INTEGER) throw badRequest('The timespan is too long');
  return { granularity: granularity / SECOND, points: many, timespan: (granularity * many) / SECOND };
}

const methods: Check<string[]> = (value, path) =>
  listOf<string>((one, at) => {
    if (typeof one !== 'string' || !isMethodChoice(one)) throw invalidInput('not a valid value', at);
    return one;
  })(value, path);

const NEW = object({ name: textUpTo(255), definition }, { back_window: whole(0), aggregation_methods: methods });
const CHANGE = object({ definition }, { back_window: whole(0) });

/** Archive policies: how long and how finely measures are kept. */
export class ArchivePolicies {
  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
  ) {}

  /** All of them: there are as many as an operator makes. */
  async list(): Promise<ArchivePolicy[]> {
    return [...(await readPolicies(this.sql)).values()];
  }

  /** @throws 404 */
  get(name: string, on: Statements = this.sql): Promise<ArchivePolicy> {
    return readPolicies(on, [name]).then((found) => {
      const policy = found.get(name);
      if (policy === undefined) throw noArchivePolicy(name);
      return policy;
    });
  }

  /** Reads a body. @throws 400 */
  read(body: unknown): ArchivePolicy {
    const given = readBody(NEW, body);
    const policy = {
      name: given.name,
      back_window: given.back_window ?? 0,
      definition: given.definition,
      aggregation_methods: methodsOf(given.aggregation_methods ?? DEFAULT_METHODS),
    };
    const twice = policy.definition.find(({ granularity }, i) =>
      policy.definition.slice(i + 1).some((other) => other.granularity === granularity),
    );
    if (twice !== undefined)
      throw badRequest(`More than one archive policy uses granularity \`${floatText(twice.granularity)}'`);
    return policy;
  }

  /** @throws 409 */
  async create(policy: ArchivePolicy): Promise<ArchivePolicy> {
    const { definition: given, aggregation_methods, ...plain } = policy;
    const data = { ...plain, definition: [...given] as object[], aggregation_methods: [...aggregation_methods] };
    await this.db.archivePolicy.create({ data }).catch((error: unknown) => {
      throw isConflict(error) ? archivePolicyExists(policy.name) : error;
    });
    return policy;
  }

  /** Changes how long measures are kept, and how late they may come; never how finely. @throws 400, 404 */
  async update(name: string, body: unknown): Promise<ArchivePolicy> {
    const given = readBody(CHANGE, body);
    return this.sql.transaction(async (tx) => {
      await tx.$executeRaw`SELECT 1 FROM gnocchi.archive_policies WHERE name = ${name} FOR UPDATE`;
      const policy = await this.get(name, tx);
      checkSameGranularities(policy, given.definition);
      const changed = { ...policy, definition: given.definition, back_window: given.back_window ?? policy.back_window };
      await tx.$executeRaw`
        UPDATE gnocchi.archive_policies SET definition = ${JSON.stringify(changed.definition)}::jsonb,
          back_window = ${changed.back_window} WHERE name = ${name}`;
      return changed;
    });
  }

  /** @throws 400 while metrics or rules use it, 404 */
  async delete(name: string): Promise<void> {
    await this.db.archivePolicy.delete({ where: { name } }).catch((error: unknown) => {
      const code = error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined;
      if (code === 'P2025') throw noArchivePolicy(name);
      throw code === 'P2003' ? archivePolicyInUse(name) : error;
    });
  }
}

/** @throws 400 */
function checkSameGranularities({ name, definition: now }: ArchivePolicy, wanted: readonly Definition[]): void {
  if (now.length !== wanted.length) throw unsupportedPolicyChange(name, 'Cannot add or drop granularities');
  const sorted = (all: readonly Definition[]) => all.map(({ granularity }) => granularity).toSorted((a, b) => a - b);
  const after = sorted(wanted);
  sorted(now).forEach((granularity, i) => {
    if (granularity !== after[i])
      throw unsupportedPolicyChange(name, `${floatText(granularity)} granularity interval was changed`);
  });
}
