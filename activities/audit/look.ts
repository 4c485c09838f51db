import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { conductorStep } from '../step.js';

/** The machines whose roles an audit asks, and those that have not reported in for a long time. */
export const listMachines = conductorStep(Type.Object({}), ({ services }) => services.audit.machines());

/** Compares the records with what the hosts have and with the open workflows. */
export const findOrphans = conductorStep(
  Type.Object({
    hosts: Type.Unsafe<readonly HostInventory[]>(Type.Array(Type.Object({ machine: Type.String() }))),
    minAgeSeconds: Type.Number(),
  }),
  ({ services }, { hosts, minAgeSeconds }) => services.audit.findOrphans(hosts, minAgeSeconds),
);
