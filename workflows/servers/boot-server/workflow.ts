import { ApplicationFailure, CancelledFailure, isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import type {
  BootRequest,
  CachedImage,
  ConnectedVolume,
  ConductorActivities,
  Fault,
  Vif,
  VolumeToConnect,
} from '#activities/contract';
import { DEADLINE, StepFailed } from '../../engine/failures.js';
import type { InputOf, ResultOf } from '../../engine/flow.js';
import { Saga, operationId, type Branch } from '../../engine/saga.js';
import { untilDone } from '../../engine/step-options.js';
import { bootServerFlow } from './flow.js';

type BootSaga = Saga<(typeof bootServerFlow)['rows']>;
type BootBranch = Branch<(typeof bootServerFlow)['rows']>;

const { closeBoot } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Close the boot' });
const { failServer } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Put the server into ERROR' });

/**
 * Boots a server: ACTIVE, or undone and in ERROR with a fault that says why, or undone and gone when it is deleted
 * meanwhile. Whichever it is comes within the build timeout.
 */
export async function bootServer(request: BootRequest): Promise<void> {
  const { hostPatienceSeconds, buildTimeoutSeconds } = request;
  const saga: BootSaga = new Saga(bootServerFlow, { hostPatienceSeconds, deadlineSeconds: buildTimeoutSeconds });
  try {
    await bootOnSomeHost(saga, request);
  } catch (error) {
    const end = endOf(error, request);
    // The last step may have committed although its answer was lost. Then the boot is done, whatever failed after it.
    if (saga.began('activateServer') && (await isActive(saga, request))) return;
    // If an undo is stuck, the server goes to ERROR at once instead of staying in BUILD.
    await saga.unwind(0, () => fail(saga, request, end.fault));
    // Also after a cancellation: a boot can be cancelled without a delete of its server, which must not stay in BUILD.
    await fail(saga, request, end.fault, end.cancelled ? 'undone' : 'failed');
    if (end.cancelled) throw new CancelledFailure(end.fault.message);
    throw ApplicationFailure.nonRetryable(end.fault.message, 'BootFailed', { fault: end.fault });
  }
}

async function isActive(saga: BootSaga, { serverId }: BootRequest): Promise<boolean> {
  return (await saga.insist(() => closeBoot({ serverId, operationId: operationId() }))) === 'active';
}

/** Puts the server into ERROR, whatever is cancelled meanwhile; one that is being deleted is left to its delete. */
function fail(saga: BootSaga, { serverId }: BootRequest, fault: Fault, end?: 'failed' | 'undone'): Promise<void> {
  return saga.insist(() =>
    failServer({ serverId, operationId: operationId(), fault, story: saga.story, ...(end ? { end } : {}) }),
  );
}

/** Tries host after host, as long as the failure is the host's own and attempts are left. */
async function bootOnSomeHost(saga: BootSaga, request: BootRequest): Promise<void> {
  const { serverId, userId, projectId } = request;
  const excludedHosts: string[] = [];
  const failures: string[] = [];
  for (let attempt = 1; ; attempt++) {
    const start = saga.savepoint();
    const { flavor, availabilityZone, requestedHost, imageId } = request;
    // Generations are odd: closing g makes it g + 1 (services/nova/generations.ts).
    const generation = (request.generation ?? 0) + 2 * attempt - 1;
    const at = await schedule(saga, request, {
      serverId,
      projectId,
      userId,
      flavor,
      localDisk: imageId !== null,
      excludedHosts,
      failures,
      generation,
      ...(availabilityZone === undefined ? {} : { availabilityZone }),
      ...(requestedHost === undefined ? {} : { requestedHost }),
    });
    try {
      return await bootOnHost(saga, request, { ...at, generation, attempt });
    } catch (error) {
      if (!(error instanceof StepFailed) || error.failure.verdict !== 'reschedule' || attempt >= request.maxAttempts)
        throw error;
      excludedHosts.push(at.host);
      failures.push(`${at.host}, ${error.message}`);
      // If the undo on this host is stuck, the server goes to ERROR at once, and no other host is tried.
      const failure = error;
      let stuck = false;
      const onStuck = async (): Promise<void> => {
        stuck = true;
        await fail(saga, request, endOf(failure, request).fault);
      };
      await saga.unwind(start, onStuck);
      if (stuck) throw failure;
    }
  }
}

/** How often a host that may be starting is looked for. A role reports in within one second of its start. */
const HOST_STARTS = '2s';

/**
 * Schedules the server. A boot that is started again after an upgrade already has a host, and perhaps a guest or cards
 * on it. If everything was stopped for the upgrade, the role of that host may be starting at the same time as the
 * conductor. So the boot waits for it, as long as a step waits for its host.
 */
async function schedule(
  saga: BootSaga,
  { generation, hostPatienceSeconds }: BootRequest,
  input: InputOf<'scheduleServer'>,
): Promise<ResultOf<'scheduleServer'>> {
  const end = generation === undefined ? 0 : Date.now() + hostPatienceSeconds * 1000;
  for (;;) {
    try {
      return await saga.step('scheduleServer', input);
    } catch (error) {
      const missing = error instanceof StepFailed && error.failure.type === 'NoValidHost';
      if (!missing || Date.now() >= end) throw error;
      await sleep(HOST_STARTS, { summary: 'Its host may be starting' });
    }
  }
}

async function bootOnHost(
  saga: BootSaga,
  request: BootRequest,
  at: { host: string; machine: string; generation: number; attempt: number },
): Promise<void> {
  const { serverId, projectId, userId, instanceName, flavor, imageId, configDrive } = request;
  const { host, machine, generation, attempt } = at;
  const onHost = { serverId, projectId, userId, host, generation };

  // The API checked the token when the request came. It may have been revoked since, so it is checked again before the
  // guest starts.
  const authorize = async (branch: BootBranch): Promise<void> => {
    const { auditId, tokenGenerations: generations } = request;
    await branch.step('validateToken', {
      serverId,
      auditId,
      userId,
      projectId,
      ...(generations === undefined ? {} : { generations }),
    });
  };
  const network = (branch: BootBranch): Promise<readonly Vif[]> =>
    branch.step('allocateNetwork', { ...onHost, ports: request.ports });
  const volume = async (branch: BootBranch): Promise<readonly ConnectedVolume[]> => {
    const { backends } = await branch.step('requestVolume', { ...onHost, volumes: request.volumes });
    const hostOf = new Map(backends.flatMap((b) => b.volumeIds.map((id) => [id, b.volumeHost] as const)));
    // In the order of the request, which is the order of the guest's disks.
    const connected = await branch.each(
      request.volumes,
      ({ volumeId }) => `volume/${volumeId}`,
      (disk, v) => disk.step('connectVolume', { volumeHost: hostOf.get(v.volumeId)!, volumes: [toConnect(v)] }),
    );
    return connected.flat();
  };
  const fetchImage = (branch: BootBranch, id: string): Promise<CachedImage> =>
    branch.step('fetchImage', { imageId: id, host, machine });

  const { direct } = request;
  const kernel = (branch: BootBranch, { kernelId, ramdiskId }: NonNullable<typeof direct>) =>
    branch.each([kernelId, ...(ramdiskId === undefined ? [] : [ramdiskId])], (id) => `image/${id}`, fetchImage);

  // The network takes longest of what runs within the workflow task, so it begins first.
  const [vifs, , volumes, root, boot] = await saga.together<
    [readonly Vif[], void, readonly ConnectedVolume[], CachedImage | null, readonly CachedImage[]]
  >(
    request.ports.length === 0 ? { known: [] } : saga.branch('network', network),
    attempt > 1 ? { known: undefined } : saga.branch('token', authorize),
    request.volumes.length === 0 ? { known: [] } : saga.branch('volumes', volume),
    imageId === null ? { known: null } : saga.branch('image', (branch) => fetchImage(branch, imageId)),
    direct === undefined ? { known: [] } : saga.branch('kernel', (branch) => kernel(branch, direct)),
  );
  await saga.step('spawnServer', {
    serverId,
    host,
    machine,
    generation,
    instanceName,
    flavor,
    image: root,
    ...(direct === undefined ? {} : { direct: toDirectBoot(direct, boot) }),
    vifs,
    volumes,
    configDrive,
  });
  await saga.step('activateServer', { ...onHost, operationId: operationId(), story: saga.story });
}

/** @param images the kernel, and the ramdisk if there is one */
const toDirectBoot = (
  { commandLine }: NonNullable<BootRequest['direct']>,
  [kernel, ramdisk]: readonly CachedImage[],
): NonNullable<InputOf<'spawnServer'>['direct']> => ({
  kernel: kernel!,
  ...(ramdisk === undefined ? {} : { ramdisk }),
  commandLine,
});

/** What the volume role has to know of a volume. */
const toConnect = ({
  volumeId,
  create,
  sizeGb,
  bootIndex,
  device,
  imageId,
}: BootRequest['volumes'][number]): VolumeToConnect => ({
  volumeId,
  create,
  sizeGb,
  bootIndex,
  device,
  ...(imageId === undefined ? {} : { imageId }),
});

/** How a boot that did not succeed ends: the fault for its server, and whether it was cancelled. */
function endOf(error: unknown, request: BootRequest): { fault: Fault; cancelled: boolean } {
  const aborted = (why: string, details: string) => ({
    code: 500,
    message: `Build of instance ${request.serverId} aborted: ${why}`,
    details,
  });
  if (isCancellation(error)) return { cancelled: true, fault: aborted('its workflow was cancelled.', 'Cancelled') };
  if (!(error instanceof StepFailed)) throw error;
  const { verdict, type, reason, step, attempt } = error.failure;
  if (type === DEADLINE) {
    const why = `it was not ACTIVE after ${request.buildTimeoutSeconds} seconds (compute.build_timeout); ${step} was not done.`;
    return { cancelled: false, fault: aborted(why, `${type} in step ${step}: ${reason}`) };
  }
  const details = `${type} in step ${step}${attempt === undefined ? '' : `, attempt ${attempt}`}: ${reason}`;
  // NoValidHost reads as Nova writes it; every other failure names its step.
  const fault = type === 'NoValidHost' ? { code: 500, message: reason, details } : aborted(error.message, details);
  return { cancelled: verdict === 'deleted', fault };
}
