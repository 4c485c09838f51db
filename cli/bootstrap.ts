/** Brings a control plane's database up to date, before its processes are started: node dist/programs/bootstrap.js */
import { bootstrap } from '#apps/bootstrap';
import { makeClient, TemporalEngine } from '#apps/temporal/index';
import { loadConfig } from '#config';
import { makeServices } from '#services/index';
import { makeLogger } from '#services/kernel/log';

const config = loadConfig();
const client = makeClient(config);
const services = makeServices(config, new TemporalEngine(client), makeLogger('bootstrap', config.cloud.log_level));
await bootstrap(config, client, services, (line) => console.log(line));
await services.close();
await client.connection.close();
