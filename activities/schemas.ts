/** Parts that the inputs of several steps have. */
import { Type } from 'typebox';
import type { StepRecord } from '#services/kernel/engine';
import type { Input } from './input.js';

export const NullOr = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) =>
  Type.Union([schema, Type.Null()]);

export const Flavor = Type.Object({
  name: Type.String(),
  vcpus: Type.Integer(),
  /** MiB */
  ram: Type.Integer(),
  /** GiB */
  disk: Type.Integer(),
  ephemeral: Type.Integer(),
  /** MiB */
  swap: Type.Integer(),
  extra_specs: Type.Record(Type.String(), Type.String()),
});

/** A card that a server asks for; its id is chosen with the request. */
export const PortRequest = Type.Object({
  portId: Type.String(),
  networkId: Type.String(),
  fixedIp: Type.Optional(Type.String()),
  create: Type.Boolean(),
  securityGroups: Type.Optional(Type.Array(Type.String())),
});

/** A card as it is plugged. */
export const Vif = Type.Object({
  portId: Type.String(),
  networkId: Type.String(),
  networkName: Type.String(),
  mac: Type.String(),
  mtu: Type.Integer(),
  fixedIps: Type.Array(Type.Object({ ip: Type.String(), subnetId: Type.String(), version: Type.Integer() })),
});

/** A volume that a server boots with or is given; ids are chosen with the request. */
export const VolumeRequest = Type.Object({
  volumeId: Type.String(),
  attachmentId: Type.String(),
  create: Type.Boolean(),
  imageId: Type.Optional(Type.String()),
  /** GiB */
  sizeGb: Type.Integer(),
  bootIndex: NullOr(Type.Integer()),
  device: Type.String(),
  deleteOnTermination: Type.Boolean(),
});

/** What a volume role needs to make a volume, or to hand it to a host. */
export const VolumeToConnect = Type.Object({
  volumeId: Type.String(),
  create: Type.Boolean(),
  imageId: Type.Optional(Type.String()),
  sizeGb: Type.Integer(),
  bootIndex: NullOr(Type.Integer()),
  device: Type.String(),
});

/** A volume as a hypervisor opens it. */
export const ConnectedVolume = Type.Object({
  volumeId: Type.String(),
  path: Type.String(),
  format: Type.String(),
  bootIndex: NullOr(Type.Integer()),
  device: Type.String(),
});
export type ConnectedVolume = Input<typeof ConnectedVolume>;

/** The image as a host has it. */
export const CachedImage = Type.Object({
  path: Type.String(),
  format: Type.String(),
  /** Bytes of the disk that it holds. */
  virtualSize: Type.Number(),
});
export type CachedImage = Input<typeof CachedImage>;

/** One generation of the work on a server (services/nova/generations.ts). */
export const inGeneration = { serverId: Type.String(), generation: Type.Integer() };

/** A server in one generation of its boot, on the host of that generation. */
export const onHost = {
  ...inGeneration,
  projectId: Type.String(),
  userId: Type.String(),
  host: Type.String(),
};

/** A server on a host, for the compute role of the machine that serves it. */
export const onMachine = {
  serverId: Type.String(),
  host: Type.String(),
  machine: Type.String(),
  /** Absent for what an audit finds, when no record of the server is left. */
  generation: Type.Optional(Type.Integer()),
};

/** Inputs of every step that ends an operation. */
export const ending = {
  operationId: Type.String(),
  story: Type.Unsafe<readonly StepRecord[]>(
    Type.Array(Type.Object({ step: Type.String(), status: Type.String(), startedAt: Type.String() })),
  ),
};
