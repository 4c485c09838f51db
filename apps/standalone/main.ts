/** npm start: the whole cloud on this machine, until Ctrl-C. */
import { spawnSync } from 'node:child_process';
import { performance, type PerformanceMeasure } from 'node:perf_hooks';
import { Command, Option } from 'commander';
import { collectAfterStart } from '#apps/collect';
import { loadConfig } from '#config';
import { readOverrides } from '#services/kernel/policy/index';
import { Api } from './api.js';
import { Cloud } from './cloud.js';
import { bootFirstServer } from './first-server.js';
import { netImage, prepareNetImage } from './net-image/index.js';
import { chooseNetwork } from './choose-network.js';
import { seedCloud, seedNetImage, seedOutside, writeClientFiles } from './seed.js';

const program = new Command('npm start --')
  .description('Starts the whole cloud on this machine and boots a first server.')
  .option('--no-demo', 'do not boot a first server')
  .addOption(new Option('--hypervisor <driver>', 'what runs the guests').choices(['qemu', 'fake']))
  .addOption(new Option('--hosts <n>', 'simulated compute hosts (fake hypervisor only)').argParser(Number))
  .parse();
const options = program.opts<{ demo: boolean; hypervisor?: 'qemu' | 'fake'; hosts?: number }>();

/** Milliseconds as seconds. */
const seconds = (ms: number): string => (ms / 1000).toFixed(1);

async function phase<T>(title: string, work: (tell: (line: string) => void) => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work((line) => console.log(`  … ${title}: ${line}`));
  const { duration } = performance.measure(title, { start });
  console.log(`  ✔ ${title} (${seconds(duration)} s)`);
  return result;
}

/** Where the time of a first start went, with what the launcher had to get and to build; other starts are short. */
function printPhases(): void {
  const phases = performance.getEntriesByType('measure') as PerformanceMeasure[];
  if (!phases.some(({ detail }) => detail === 'prepared')) return;
  console.log('\nPhases, in seconds since the start:');
  for (const { name, startTime, duration } of phases.toSorted((a, b) => a.startTime - b.startTime))
    console.log(`  ${seconds(startTime).padStart(6)} to ${seconds(startTime + duration).padStart(6)}  ${name}`);
}

/** qemu unless it was said otherwise or QEMU is not there; and then it is said. */
function chooseHypervisor(): 'qemu' | 'fake' {
  const asked = options.hypervisor ?? (process.env['NOVAFLOW_HYPERVISOR'] as 'qemu' | 'fake' | undefined);
  if (asked !== undefined) return asked;
  if (options.hosts !== undefined) return 'fake';
  if (spawnSync('qemu-system-x86_64', ['--version']).status === 0) return 'qemu';
  console.log('  ! QEMU is not installed: servers run on the FAKE hypervisor, and no guest really runs.');
  return 'fake';
}

function environment(hypervisor: 'qemu' | 'fake', network: string): NodeJS.ProcessEnv {
  if (options.hosts !== undefined && (hypervisor !== 'fake' || !Number.isInteger(options.hosts) || options.hosts < 1))
    throw new Error(
      '--hosts takes a number of hosts, and only the fake hypervisor simulates hosts: add --hypervisor fake.',
    );
  return {
    ...process.env,
    NOVAFLOW_MODE: process.env['NOVAFLOW_MODE'] ?? 'development',
    NOVAFLOW_HYPERVISOR: hypervisor,
    NOVAFLOW_NETWORK_DRIVER: network,
    ...(options.hosts === undefined ? {} : { NOVAFLOW_SIMULATED_HOSTS: String(options.hosts) }),
  };
}

let cloud: Cloud | undefined;
let stopping = false;
async function stop(code: number): Promise<never> {
  stopping = true;
  await cloud?.stop();
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    console.log('\nStopping: guests, api and workers, Temporal, PostgreSQL');
    void stop(0);
  });
}

try {
  const hypervisor = chooseHypervisor();
  const network = await chooseNetwork(hypervisor, (line) => console.log(`  ${line}`));
  const env = environment(hypervisor, network);
  const config = loadConfig(env);
  // What cannot be used is said now; the api reads them itself.
  readOverrides(config.policies);
  console.log(`Novaflow: state in ${config.home}`);
  cloud = new Cloud({ config, env, phase, tell: (line) => console.log(`  ! ${line}`) });
  // It may have to be got, which other parts of the start need not wait for.
  const netParts = prepareNetImage((line) => console.log(`  … novaflow-net: ${line}`)).then(
    () => undefined,
    (error: Error) => error,
  );
  const { ready, passwords } = await cloud.start();
  const login = (user: 'admin' | 'demo'): Promise<Api> =>
    Api.login({ authUrl: ready.authUrl, username: user, password: passwords[user], project: user });
  const [admin, demo] = await Promise.all([login('admin'), options.demo ? login('demo') : undefined]);
  await phase('image, network, hosts', async () => {
    await seedCloud(admin);
    if (demo !== undefined && network === 'linux') await seedOutside(admin, demo.projectId);
  });
  await phase('guest with a network', async () => {
    try {
      await seedNetImage(admin, async () => {
        const problem = await netParts;
        if (problem) throw problem;
        return netImage();
      });
    } catch (error) {
      console.log(`  ! novaflow-net cannot be made here, and the first server is a novaflow-tiny: ${String(error)}`);
    }
  });
  await writeClientFiles(config.home, ready.authUrl, passwords, config.cloud.region);
  if (demo !== undefined) await bootFirstServer(demo, phase, network);
  await cloud.announce();
  collectAfterStart();
  const clouds = `${config.home}/clouds.yaml`;
  printPhases();
  console.log(`\nReady in ${seconds(performance.now())} s.`);
  console.log(`  API           ${ready.authUrl}`);
  console.log(`  Dashboard     ${ready.dashboardUrl}`);
  console.log(`  Temporal UI   ${ready.temporalUi}`);
  console.log(`  Metrics       ${Object.values(ready.metricsUrls).join(' ')}`);
  console.log(`  Client        OS_CLIENT_CONFIG_FILE=${clouds} openstack --os-cloud novaflow server list`);
  console.log('  Ctrl-C stops everything; the next start continues with the same data.');
} catch (error) {
  if (!stopping) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
  }
}
