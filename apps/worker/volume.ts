import path from 'node:path';
import { ApiClient } from '#activities/host/api-client';
import { ImageCache } from '#activities/host/image-cache';
import { makeVolumeActivities } from '#activities/host/volume';
import { FilesystemObjects } from '#drivers/objects/filesystem';
import { FileVolumes } from '#drivers/volume/file';
import { volumeQueue } from '#workflows/queues';
import { reportForever } from './reporting.js';
import type { RoleFactory } from './run.js';

/** cinder-volume: the volumes of one storage host. */
export const volume: RoleFactory = (config, log) => {
  const machine = config.NOVAFLOW_HOST;
  const api = new ApiClient(config, 'cinder-volume');
  const images = new ImageCache(
    path.join(config.home, 'images'),
    api,
    new FilesystemObjects(path.join(config.home, 'objects')),
  );
  const driver = new FileVolumes(path.join(config.home, 'volumes'));
  return {
    taskQueue: volumeQueue(machine),
    options: { activities: makeVolumeActivities(driver, images), maxConcurrentActivityTaskExecutions: 20 },
    alongside: (signal) =>
      reportForever(
        api,
        log,
        {
          binary: 'cinder-volume',
          machine,
          intervalSeconds: config.NOVAFLOW_REPORT_INTERVAL,
          body: () => Promise.resolve({ facts: { driver: driver.type } }),
        },
        signal,
      ),
    close: () => Promise.resolve(),
  };
};
