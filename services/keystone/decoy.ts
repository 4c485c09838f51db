import { randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';

/** Verified when the user is unknown or has no password, so that the time taken does not tell which users exist. */
export const DECOY = hash(randomBytes(16));
