import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import type { TestCloud } from '../setup/clouds.js';

const run = promisify(execFile);
/** A start of the client takes a core for a second or more: of many at once each would take as long as all of them. */
const atOnce = pLimit(3);

/**
 * The unmodified python-openstackclient, as a user of the cloud types it.
 * @param as the environment that says who: a cloud of clouds.yaml by its name, or OS_ variables of another way in
 */
export function clientOf(cloud: TestCloud, as: Readonly<Record<string, string>> = { OS_CLOUD: 'novaflow' }) {
  const openstack = async (...args: string[]): Promise<string> => {
    const client = process.env['NOVAFLOW_TEST_OPENSTACK'] ?? 'openstack';
    const env = { ...process.env, OS_CLIENT_CONFIG_FILE: path.join(cloud.home, 'clouds.yaml'), ...as };
    const { stdout } = await atOnce(() => run(client, args, { env }));
    return stdout;
  };
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await openstack(...args, '-f', 'json')) as T;
  return { openstack, json };
}
