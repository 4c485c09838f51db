import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { makeApi } from '#apps/api/app';
import { Api, type Login } from '#apps/standalone/api';
import { freePort } from '#apps/standalone/ports';
import { ensureSecrets } from '#apps/standalone/secrets';
import { TemporalEngine, makeClient } from '#apps/temporal/index';
import { applyMigrations } from '#services/kernel/migrations/apply';
import { loadConfig, type Config } from '#config';
import { makeServices, type Services } from '#services/index';
import { makeLogger } from '#services/kernel/log';

/**
 * The API in the test's own process over a database of its own: for what needs neither hosts nor workflows. Temporal is
 * never asked.
 */
export class ServiceApi {
  private constructor(
    readonly services: Services,
    /** An administrator in the project `admin`. */
    readonly admin: Api,
    readonly database: pg.Client,
    readonly databaseUrl: string,
    readonly config: Config,
    private readonly end: () => Promise<void>,
  ) {}

  /** Where its keys and passwords are. */
  get secrets(): string {
    return this.config.secrets;
  }

  /**
   * @param server a database on the server that it makes its own on
   * @param settings further ones, by their variables
   */
  static async start(server: string, settings: NodeJS.ProcessEnv = {}): Promise<ServiceApi> {
    const name = `api_${process.pid}_${Date.now()}`;
    const onServer = async (statement: string): Promise<void> => {
      const client = new pg.Client({ connectionString: server });
      await client.connect();
      try {
        await client.query(statement);
      } finally {
        await client.end();
      }
    };
    await onServer(`CREATE DATABASE ${name}`);
    const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
    await applyMigrations(url);
    const home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-api-'));
    const config = loadConfig({
      NOVAFLOW_HOME: home,
      NOVAFLOW_PORT: String(await freePort()),
      NOVAFLOW_MODE: 'development',
      NOVAFLOW_LOG_LEVEL: 'error',
      DATABASE_URL: url,
      ...settings,
    });
    const { passwords } = await ensureSecrets(config.secrets);
    const client = makeClient(config);
    const operations = new TemporalEngine(client);
    const log = makeLogger('api', config.cloud.log_level);
    const services = makeServices(config, operations, log);
    const user = { name: 'admin', password: passwords.admin, project: 'admin', role: 'admin' };
    await services.keystone.bootstrap([user], []);
    const app = await makeApi({ services, config, operations, log });
    await app.listen(config.cloud.port, '127.0.0.1');
    const login: Login = {
      authUrl: `${config.publicUrl}/identity/v3`,
      username: 'admin',
      password: passwords.admin,
      project: 'admin',
    };
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    return new ServiceApi(services, await Api.login(login), database, url, config, async () => {
      await database.end();
      await app.close();
      await services.close();
      await client.connection.close();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
      await rm(home, { recursive: true, force: true });
    });
  }

  stop(): Promise<void> {
    return this.end();
  }
}
