/** The clients' own functional tests, by what they are about. */
export interface Group {
  readonly name: string;
  /** Python packages and modules, with all that is below them. */
  readonly tests: readonly string[];
  /** Whether a run that names no group runs it: for a group whose every failure is in test/clients/functional.tsv. */
  readonly on: boolean;
}

const SDK = 'openstack.tests.functional';
const CLIENT = 'openstackclient.tests.functional';

export const GROUPS: readonly Group[] = [
  {
    name: 'identity',
    tests: [`${SDK}.identity`, `${SDK}.cloud.test_identity`, `${SDK}.examples.test_identity`, `${CLIENT}.identity`],
    on: true,
  },
  { name: 'compute', tests: [`${SDK}.compute`, `${SDK}.cloud.test_compute`, `${CLIENT}.compute`], on: false },
  { name: 'network', tests: [`${SDK}.network`, `${SDK}.cloud.test_network`, `${CLIENT}.network`], on: false },
  { name: 'image', tests: [`${SDK}.image`, `${SDK}.cloud.test_image`, `${CLIENT}.image`], on: false },
  {
    name: 'block-storage',
    tests: [`${SDK}.block_storage`, `${SDK}.cloud.test_block_storage`, `${CLIENT}.volume`],
    on: false,
  },
  { name: 'placement', tests: [`${SDK}.placement`], on: false },
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
