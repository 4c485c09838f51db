import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longer than half a minute, the longest first, as measured on two cores. */
const LONG = [
  'failure-injection/matrix',
  'api/fuzz',
  'flow/host-gone',
  'flow/begins-or-fails',
  'failure-injection/stuck',
  'flow/slow-requests',
  'clients/openstack',
  'flow/upload-killed',
  'flow/console',
  'flow/races',
  'flow/outage',
  'audit/heal',
  'chaos/chaos',
  'flow/volume-backend',
];

/**
 * Begins with the files that take long, so that no worker waits for one at the end. A fresh clone knows nothing of
 * earlier runs, and Vitest would go by the files' sizes.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method, which is named so.
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
      return found === -1 ? LONG.length : found;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
