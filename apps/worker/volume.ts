import { existsSync } from 'node:fs';
import path from 'node:path';
import { ApiClient } from '#activities/host/api-client';
import { ImageCache } from '#activities/host/image-cache';
import * as volumeSteps from '#activities/volume';
import { makeActivities } from '#activities/step';
import { Fence } from '#activities/host/fence';
import { FilesystemObjects } from '#drivers/objects/filesystem';
import { FileVolumes } from '#drivers/volume/file';
import { volumeQueue } from '#workflows/engine/queues';
import { guestUserOf } from './guest-user.js';
import { samplesOfPool } from './measures.js';
import { reportForever } from './reporting.js';
import type { RoleFactory } from './run.js';
import { meterForever } from './telemetry.js';
import { PRUNE_MS, repeat } from './upkeep.js';

/** cinder-volume: the volumes of one storage host. */
export const volume: RoleFactory = async (config, log) => {
  const machine = config.cloud.host;
  const api = new ApiClient(config, 'cinder-volume');
  const user = await guestUserOf(config);
  const images = new ImageCache(
    path.join(config.home, 'images'),
    api,
    new FilesystemObjects(path.join(config.home, 'objects')),
    user?.gid,
  );
  const driver = new FileVolumes(path.join(config.home, 'volumes'), user);
  // Where guests are, only their compute role knows which images they stand on, and prunes.
  const prune = async (): Promise<void> => {
    if (!existsSync(path.join(config.home, 'hosts'))) await images.prune(new Set());
  };
  return {
    taskQueue: volumeQueue(machine),
    options: {
      activities: makeActivities(volumeSteps, { driver, images, fence: new Fence() }),
      maxConcurrentActivityTaskExecutions: 20,
    },
    alongside: async (signal) => {
      await Promise.all([
        reportForever(
          api,
          log,
          {
            binary: 'cinder-volume',
            machine,
            intervalSeconds: config.nova.report_interval,
            body: () => Promise.resolve({ facts: { driver: driver.type } }),
          },
          signal,
        ),
        meterForever(
          api,
          log,
          {
            intervalSeconds: config.ceilometer.interval,
            folder: path.join(config.home, 'samples', 'cinder-volume'),
            measure: () => samplesOfPool(machine, config.home, new Date().toISOString()),
          },
          signal,
        ),
        repeat('pruning the image cache', PRUNE_MS, prune, log, signal),
      ]);
    },
    close: () => Promise.resolve(),
  };
};
