/** npm run outside -- COMMAND: runs a command in what is outside of an external network, as the world would see the cloud. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '#config';
import { Namespaces, namespaceExists, namespaceOf } from '#drivers/network/linux/namespaces';

const program = new Command('npm run outside --')
  .description('Runs a command outside of the cloud: at the address of the external network’s gateway. For root.')
  .option('--network <id>', 'the external network, where there is more than one')
  .argument('<command...>', 'the command and its arguments')
  .passThroughOptions()
  .parse();
const [command = '', ...args] = program.args;

/** @returns the namespace. @throws Error that says in words why there is none */
async function outsideOf(asked: string | undefined): Promise<string> {
  const { home } = loadConfig();
  if (process.getuid?.() !== 0) throw new Error('Only root can enter a network namespace: run it with sudo.');
  const known = await new Namespaces(path.join(home, 'network')).list('nvo');
  const here: string[] = [];
  for (const id of known) if (await namespaceExists(namespaceOf('nvo', id))) here.push(id);
  if (here.length === 0)
    throw new Error(
      `There is no outside here: in ${home}, no external network is made by this machine. It is made while the cloud runs, ` +
        'as root, with the network driver `linux` (npm run doctor says whether it can), and has a network with router:external.',
    );
  if (asked !== undefined && !here.includes(asked))
    throw new Error(`Network ${asked} has no outside here. Those that have one: ${here.join(', ')}`);
  const [id = '', another] = asked === undefined ? here : [asked];
  if (another !== undefined) throw new Error(`Say which one with --network: ${here.join(', ')}`);
  return namespaceOf('nvo', id);
}

/** @returns the command's exit code. Ctrl-C is the command's, which then ends in its own way. */
async function main(): Promise<number> {
  const namespace = await outsideOf(program.opts<{ network?: string }>().network);
  process.on('SIGINT', () => undefined);
  const child = spawn('ip', ['netns', 'exec', namespace, command, ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 2));
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
