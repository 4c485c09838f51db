/** The clients' own functional tests, by what they are about: Python packages and modules, with all that is below them. */
export interface Group {
  readonly name: string;
  /** Those whose modules run one after another. */
  readonly inTurn: readonly string[];
  /** Those of which several modules run at once. */
  readonly atOnce: readonly string[];
  /** Whether a run that names no group runs it: for a group whose every failure is in test/clients/functional.tsv. */
  readonly on: boolean;
  /** Whether they are Gnocchi's own tests (gabbits.ts), which have a Python and settings of their own. */
  readonly gabbits?: true;
}

const ofClient = (below: string): string => `openstackclient.tests.functional.${below}`;

/**
 * Those of the SDK run in turn: two of them that make an `app_cred` of the same user at once refuse each other. The client's draw
 * the names of what they make.
 */
const of = (
  name: string,
  {
    sdk,
    client = [],
    clientInTurn = [],
    on = false,
  }: {
    readonly sdk: string[];
    readonly client?: string[];
    /** Those of the client's modules that others may not run beside. */
    readonly clientInTurn?: string[];
    readonly on?: boolean;
  },
): Group => ({
  name,
  inTurn: [...sdk.map((below) => `openstack.tests.functional.${below}`), ...clientInTurn.map(ofClient)],
  atOnce: client.map(ofClient),
  on,
});

export const GROUPS: readonly Group[] = [
  of('identity', {
    sdk: ['identity', 'cloud.test_identity', 'examples.test_identity'],
    client: ['identity'],
    on: true,
  }),
  of('compute', { sdk: ['compute', 'cloud.test_compute', 'examples.test_compute'], client: ['compute'] }),
  of('network', {
    sdk: ['network', 'cloud.test_network', 'examples.test_network'],
    client: ['network'],
    // They make external networks and take them away again, and the SDK's tests put routers on the first one that they see.
    clientInTurn: ['network.v2.test_floating_ip', 'network.v2.test_network', 'network.v2.test_router'],
    on: true,
  }),
  of('image', { sdk: ['image', 'cloud.test_image', 'examples.test_image'], client: ['image'] }),
  of('block-storage', { sdk: ['block_storage', 'cloud.test_block_storage'], client: ['volume'] }),
  of('placement', { sdk: ['placement'] }),
  { name: 'metric', inTurn: ['gnocchi_gabbits'], atOnce: [], on: false, gabbits: true },
];

/** @throws Error for a name that is none */
export function groupsOf(names: readonly string[]): readonly Group[] {
  if (names.length === 0) return GROUPS.filter((group) => group.on);
  return names.map((name) => {
    const group = GROUPS.find((g) => g.name === name);
    if (group === undefined)
      throw new Error(`${name} is no group of tests: there are ${GROUPS.map((g) => g.name).join(', ')}.`);
    return group;
  });
}
