import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '#config';

/** The `openstack` that the tests start: it asks the client that is loaded already, and says what that says. */
const COMMAND = `import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as client:
    client.connect(os.path.join(os.path.dirname(sys.argv[0]), 'socket'))
    stream = client.makefile('rw')
    stream.write(json.dumps({'args': sys.argv[1:], 'env': dict(os.environ), 'cwd': os.getcwd()}) + '\\n')
    stream.flush()
    answer = json.loads(stream.read())
sys.stdout.write(answer['out'])
sys.stderr.write(answer['err'])
sys.exit(answer['code'])
`;

/**
 * Puts an `openstack` into a directory that starts in a tenth of the client's own time: it is a fork of a client that is
 * loaded once (test/clients/client.py). The tests start hundreds of them, each of which would take a core for a second.
 * @param directory where its clouds.yaml is: it looks in the directory and the home that it is loaded in, and nowhere else later
 * @param python that has the client @returns the directory, for PATH, and what ends the client
 */
export async function loadedClient(directory: string, python: string): Promise<{ bin: string; stop: () => void }> {
  const bin = path.join(directory, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'openstack'), `#!${python} -IS\n${COMMAND}`, { mode: 0o755 });
  const client = spawn(python, [path.join(ROOT, 'test/clients/client.py'), path.join(bin, 'socket')], {
    cwd: directory,
    env: { ...process.env, HOME: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(client, 'exit').then(() => Promise.reject(new Error('The openstack client could not be loaded.')));
  await Promise.race([once(client.stdout, 'data'), ended]);
  // From now on it is ended by us.
  ended.catch(() => undefined);
  const stop = (): void => void client.kill();
  process.once('exit', stop);
  return { bin, stop };
}
