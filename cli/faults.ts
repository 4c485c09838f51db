/**
 * npm run faults: makes steps fail on purpose, in development mode. It writes the state directory's files, so it works
 * while the api, the database or Temporal are down.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { FaultStore, KINDS, PHASES, faultProblem, type Fault, type FaultInput } from '#apps/faults/store';
import { loadConfig } from '#config';
import { ACTIVITY_NAMES } from '#workflows/flows';

const store = new FaultStore(loadConfig().home);

const whole = (minimum: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum)
    throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}.`);
  return value;
};
const describe = (f: Fault): string =>
  `${f.id}  ${f.kind} ${f.phase} ${f.point === undefined ? '' : `${f.point} in `}${f.step}` +
  `${f.attempt === undefined ? '' : ` on attempt ${f.attempt}`}, ${f.times === 0 ? 'always' : `${f.times} time${f.times === 1 ? '' : 's'}`} in a workflow` +
  `${f.workflow === undefined ? '' : `, in ${f.workflow}`}${f.project === undefined ? '' : `, in project ${f.project}`}${f.kind === 'delay' ? `, by ${f.ms} ms` : ''}`;

const program = new Command('npm run faults --').description('Makes steps fail on purpose (development mode only).');
program
  .command('add')
  .description('sets a fault')
  .addArgument(new Argument('<step>', 'the activity').choices(ACTIVITY_NAMES))
  .addOption(
    new Option('--phase <phase>', 'before it acts, after it acted, or at a point in between')
      .choices(PHASES)
      .default('before'),
  )
  .option('--point <name>', 'with --phase at: a point in the middle of the step')
  .addOption(new Option('--kind <kind>', 'what happens').choices(KINDS).default('error'))
  .addOption(new Option('--times <n>', 'how often in one workflow; 0 is always').argParser(whole(0)).default(1))
  .addOption(new Option('--attempt <n>', 'only on this attempt').argParser(whole(1)))
  .addOption(new Option('--ms <n>', 'milliseconds of a delay').argParser(whole(0)).default(1_000))
  .option('--workflow <name>', 'only in workflows of this type or id, or on the server or volume of this id')
  .option('--project <id>', 'only in workflows of this project')
  .action(async (step: string, options: Omit<FaultInput, 'step'>) => {
    const problem = faultProblem({ step, ...options });
    if (problem !== undefined) program.error(problem);
    console.log(describe(await store.add({ step, ...options })));
  });
program
  .command('list')
  .description('shows the faults that are set, and how often each struck')
  .action(() => {
    const faults = store.list();
    for (const fault of faults) console.log(`${describe(fault)}; struck ${store.countHits(fault.id)}`);
    if (faults.length === 0) console.log('No fault is set.');
  });
program
  .command('clear')
  .argument('[id]', 'one fault; all when left out')
  .description('takes faults back')
  .action(async (id?: string) => {
    const cleared = await store.clear((f) => id === undefined || f.id === id);
    if (id !== undefined && cleared === 0) program.error(`There is no fault ${id}.`);
    console.log(`${cleared} cleared.`);
  });
await program.parseAsync();
