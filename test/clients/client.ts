import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestCloud } from '../setup/clouds.js';

const run = promisify(execFile);

/** The unmodified python-openstackclient, as a user of the cloud types it. */
export function clientOf(cloud: TestCloud) {
  const openstack = async (...args: string[]): Promise<string> => {
    const client = process.env['NOVAFLOW_TEST_OPENSTACK'] ?? 'openstack';
    const { stdout } = await run(client, args, {
      env: { ...process.env, OS_CLIENT_CONFIG_FILE: path.join(cloud.home, 'clouds.yaml'), OS_CLOUD: 'novaflow' },
    });
    return stdout;
  };
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await openstack(...args, '-f', 'json')) as T;
  return { openstack, json };
}
