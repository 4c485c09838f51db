import type { Config } from '#config';
import { Prisma, type Database, type Queries } from '../../kernel/database.js';
import { forbidden, notFound } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import type { CredentialStore } from '../credentials-store.js';
import { lockDomain } from '../tree.js';
import { OPTIONS, isGroup, isOption, isSensitive, isShown, securityCompliance } from './options.js';
import { sealOption } from './sealed-options.js';

/** Options by group, or the one option that was asked for. */
type Options = Record<string, unknown>;
/** A part of a configuration: all of it, a group, or an option of a group. */
export interface Part {
  readonly group?: string | undefined;
  readonly option?: string | undefined;
}

interface DomainConfigParts {
  readonly db: Database;
  readonly config: Config;
  /** Seals what is never shown: it lives on, while the keys of tokens are rotated for what lives an hour. */
  readonly store: CredentialStore;
}

/** What domains set otherwise than the cloud (keystone/resource/core.py: DomainConfigManager). The routes' rules say who may. */
export class DomainConfig {
  constructor(private readonly parts: DomainConfigParts) {}

  /** @throws 403 for what no domain can set, 404 where the domain has not set it */
  async get(domainId: string, part: Part): Promise<Options> {
    checkPart(part);
    return this.read(this.parts.db, domainId, part);
  }

  /** Sets all of it anew. @returns whether there was none before @throws 404, 403 */
  async create(domainId: string, config: Options): Promise<{ config: Options; made: boolean }> {
    return this.parts.db.$transaction(async (tx) => {
      await begin(tx, domainId);
      checkConfig(config);
      const { count } = await tx.domainOption.deleteMany({ where: { domain_id: domainId } });
      await this.write(tx, domainId, config);
      return { config: toConfig(await optionsOf(tx, domainId, {})), made: count === 0 };
    });
  }

  /** Sets some of it. A group or an option that the path names has been set before. @returns all of it @throws 404, 403 */
  async update(domainId: string, given: Options, { group, option }: Part): Promise<Options> {
    return this.parts.db.$transaction(async (tx) => {
      await begin(tx, domainId);
      // The path says the group of a single option, and the body has it alone.
      const config = group !== undefined && option !== undefined ? { [group]: given } : given;
      checkConfig(config);
      checkPart({ group, option });
      if (group !== undefined) {
        checkFits(config, group, option);
        if ((await tx.domainOption.count({ where: columnsOf(domainId, { group, option }) })) === 0)
          throw notSet(domainId, { group, option });
      }
      await this.write(tx, domainId, config);
      return this.read(tx, domainId, {});
    });
  }

  /** @throws 404 without the domain, and for a group or an option that it has not set; 403 for what no domain can set */
  async delete(domainId: string, part: Part): Promise<void> {
    await this.parts.db.$transaction(async (tx) => {
      await begin(tx, domainId);
      checkPart(part);
      const { count } = await tx.domainOption.deleteMany({ where: columnsOf(domainId, part) });
      if (count === 0 && part.group !== undefined) throw notSet(domainId, part);
    });
  }

  /** What holds where a domain has set nothing. @throws 403 for what cannot be read */
  defaults(part: Part): Options {
    checkPart(part);
    const { group, option } = part;
    if (group === undefined) return { ...OPTIONS };
    const all = OPTIONS[group] ?? {};
    if (option === undefined) return { [group]: all };
    if (!isShown(group, option))
      throw invalid(`Reading the default for option ${option} in group ${group} is not supported`);
    return { [option]: all[option] };
  }

  /** How passwords have to be, for all users of the default domain to know. @throws 403 for another domain or option */
  securityCompliance(domainId: string, option?: string): Options {
    if (domainId !== 'default')
      throw invalid(
        'Reading security compliance information for any domain other than the default domain is not allowed or supported.',
      );
    const all = securityCompliance(this.parts.config);
    if (option === undefined) return { security_compliance: all };
    if (!Object.hasOwn(all, option))
      throw invalid(
        'Reading security compliance values other than password_regex and password_regex_description is not allowed.',
      );
    return { [option]: all[option] };
  }

  private async read(db: Queries, domainId: string, part: Part): Promise<Options> {
    const found = await optionsOf(db, domainId, part);
    if (found.length === 0) throw notSet(domainId, part);
    return part.option === undefined ? toConfig(found) : { [found[0]!.option]: found[0]!.value };
  }

  private async write(tx: Queries, domain_id: string, config: Options): Promise<void> {
    const rows = Object.entries(config).flatMap(([group, options]) =>
      Object.entries(options as Options).map(([option, value]) => ({ domain_id, group, option, value })),
    );
    const { store } = this.parts;
    await tx.domainOption.deleteMany({
      where: { domain_id, OR: rows.map(({ group, option }) => ({ group, option })) },
    });
    await tx.domainOption.createMany({
      data: rows.map(({ value, ...row }) => ({
        ...row,
        value: (isSensitive(row.group, row.option)
          ? sealOption(store, value)
          : (value ?? Prisma.JsonNull)) as Prisma.InputJsonValue,
      })),
    });
  }
}

/** Changes of one domain's configuration take turns. @throws 404 without the domain */
async function begin(tx: Queries, domainId: string): Promise<void> {
  await takeTurn(tx, `keystone configuration of ${domainId}`);
  await lockDomain(tx, domainId);
}

/** Those that can be shown. */
async function optionsOf(db: Queries, domainId: string, part: Part) {
  const rows = await db.domainOption.findMany({
    where: columnsOf(domainId, part),
    orderBy: [{ group: 'asc' }, { option: 'asc' }],
  });
  return rows.filter(({ group, option }) => !isSensitive(group, option));
}

function toConfig(rows: readonly { group: string; option: string; value: unknown }[]): Options {
  const config: Record<string, Options> = {};
  for (const { group, option, value } of rows) (config[group] ??= {})[option] = value;
  return config;
}

const columnsOf = (domain_id: string, { group, option }: Part) => ({
  domain_id,
  ...(group === undefined ? {} : { group }),
  ...(option === undefined ? {} : { option }),
});

/** keystone/exception.py: InvalidDomainConfig */
const invalid = (reason: string) => forbidden(`Invalid domain specific configuration: ${reason}.`);

/** keystone/exception.py: DomainConfigNotFound */
function notSet(domainId: string, { group, option }: Part) {
  const what =
    group === undefined
      ? 'any options'
      : option === undefined
        ? `group ${group}`
        : `option ${option} in group ${group}`;
  return notFound('NotFound', `Could not find ${what} in domain configuration for domain ${domainId}.`);
}

/** @throws 403 for a group or an option that no domain can set */
function checkPart({ group, option }: Part): void {
  if (group === undefined) return;
  if (!isGroup(group)) throw invalid(`Group ${group} is not supported for domain specific configurations`);
  if (option !== undefined && !isOption(group, option))
    throw invalid(`Option ${option} in group ${group} is not supported for domain specific configurations`);
}

/** @throws 403 unless it is options by group, all of which a domain can set */
function checkConfig(config: Options): void {
  if (Object.keys(config).length === 0) throw invalid('No options specified');
  for (const [group, options] of Object.entries(config)) {
    if (typeof options !== 'object' || options === null || Array.isArray(options) || Object.keys(options).length === 0)
      throw invalid(`The value of group ${group} specified in the config should be a dictionary of options`);
    for (const option of Object.keys(options)) checkPart({ group, option });
  }
}

/** @throws 403 unless it has what the path names, and nothing else */
function checkFits(config: Options, group: string, option: string | undefined): void {
  const groups = Object.keys(config);
  const options = Object.keys(Object(config[group]) as Options);
  if (groups.length !== 1 || (option !== undefined && options.length !== 1))
    throw invalid(
      option === undefined
        ? `Trying to update group ${group}, so that, and only that, group must be specified in the config`
        : `Trying to update option ${option} in group ${group}, so that, and only that, option must be specified  in the config`,
    );
  if (groups[0] !== group)
    throw invalid(`request to update group ${group}, but config provided contains group ${groups[0] ?? ''} instead`);
  if (option !== undefined && options[0] !== option)
    throw invalid(
      `Trying to update option ${option} in group ${group}, but config provided contains option ${options[0] ?? ''} instead`,
    );
}
