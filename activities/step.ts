/**
 * A step: one file with the schema of its input, what it does, its undo if it has one (an activity of its own, with the
 * same input), and the role that runs it. The input is checked when it arrives. So a host of another version refuses an
 * input that it does not understand, with a clear error, instead of running half of it.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Hypervisor } from '#drivers/hypervisor/index';
import type { NetworkDriver } from '#drivers/network/index';
import type { VolumeDriver } from '#drivers/volume/index';
import { DriverError } from '#drivers/errors';
import type { Services } from '#services/index';
import type { Engine } from '#services/kernel/engine';
import type { Input } from './input.js';
import type { ApiClient } from './host/api-client.js';
import type { Cards } from './host/cards.js';
import type { Fence } from './host/fence.js';
import type { ImageCache } from './host/image-cache.js';

/** What the steps of each role work with. Only the conductor's may use the database. */
export interface Roles {
  readonly conductor: { readonly services: Services; readonly engine: Engine };
  readonly compute: {
    readonly hypervisor: Hypervisor;
    readonly cards: Cards;
    readonly fence: Fence;
    readonly images: ImageCache;
    readonly api: ApiClient;
  };
  readonly volume: { readonly driver: VolumeDriver; readonly images: ImageCache; readonly fence: Fence };
  readonly network: { readonly network: NetworkDriver };
}
export type Role = keyof Roles;

interface Definition<Parts, S extends TSchema, Result> {
  readonly role: Role;
  readonly input: S;
  run(parts: Parts, input: Input<S>): Promise<Result>;
}

const stepOn =
  <R extends Role>(role: R) =>
  <S extends TSchema, Result>(
    input: S,
    run: (parts: Roles[R], input: Input<S>) => Promise<Result>,
  ): Definition<Roles[R], S, Result> => ({ role, input, run });

export const conductorStep = stepOn('conductor');
export const computeStep = stepOn('compute');
export const volumeStep = stepOn('volume');
export const networkStep = stepOn('network');

/** The activities that definitions make, by name. */
export type ActivitiesOf<T> = {
  readonly [K in keyof T]: T[K] extends Definition<never, infer S, infer Result>
    ? (input: Input<S>) => Promise<Result>
    : never;
};

/** Makes a role's activities of its steps, each behind the check of its input. */
export function makeActivities<Parts, T extends Readonly<Record<string, Definition<Parts, TSchema, unknown>>>>(
  steps: T,
  parts: Parts,
): ActivitiesOf<T> {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => {
      const checker = Compile(step.input);
      const activity = async (input: unknown): Promise<unknown> => {
        if (!checker.Check(input)) throw inputRefused(name, checker.Errors(input));
        return step.run(parts, input);
      };
      return [name, activity];
    }),
  ) as ActivitiesOf<T>;
}

/** The host is to blame: another one may run the conductor's version. */
function inputRefused(name: string, errors: readonly { instancePath: string; message: string }[]): DriverError {
  const faults = errors.slice(0, 3).map(({ instancePath, message }) => `${instancePath || 'the input'} ${message}`);
  return new DriverError(
    'host',
    'InputRefused',
    `This host does not understand what ${name} is asked for, as one of an older version does not: ${faults.join('; ')}.`,
  );
}
