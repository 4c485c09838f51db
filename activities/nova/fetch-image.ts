import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { computeStep } from '../step.js';
import { heartbeat } from '../heartbeat.js';

/** Copies an image from the object store into the host's cache, checked; one that is there already is used. */
export const fetchImage = computeStep(
  Type.Object({ imageId: Type.String(), host: Type.String(), machine: Type.String() }),
  ({ images }, { imageId }) =>
    beating((signal) => images.fetch(imageId, (bytes, of) => heartbeat({ bytes, of }), signal)),
);
