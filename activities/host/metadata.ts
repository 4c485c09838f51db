import { LRUCache } from 'lru-cache';
import type { AnswerMetadata } from '#drivers/network/linux/metadata';
import type { Logger } from '#services/kernel/log';
import type { GuestMetadata } from '#services/nova/index';
import { ApiError, type ApiClient } from './api-client.js';
import { NOT_FOUND, metadataDocument } from './metadata-documents.js';

/** A guest asks for a dozen documents within some seconds of its boot; a change of its metadata is seen after that time. */
const KEPT_MS = 10_000;
/** Guests that boot at once; each may have 64 KiB of user data. */
const MOST_KEPT = 200;

/** Answers guests with what the control plane says of them. Of what it says nothing is logged: keys and user data are theirs. */
export function answerMetadata(api: Pick<ApiClient, 'get'>, log: Logger): AnswerMetadata {
  const guests = new LRUCache<string, { guest?: GuestMetadata }>({
    max: MOST_KEPT,
    ttl: KEPT_MS,
    // Those that ask at once for the same guest wait for one request.
    fetchMethod: async (key) => {
      try {
        return { guest: await api.get<GuestMetadata>(key) };
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return {};
        log.warn(
          { error: error instanceof Error ? error.name : 'unknown' },
          'a guest’s metadata cannot be had at present',
        );
        throw error;
      }
    },
  });
  return async ({ networkId, ip }, path) => {
    const found = await guests.fetch(`/internal/networks/${networkId}/guest-data?ip=${encodeURIComponent(ip)}`);
    return found?.guest === undefined ? NOT_FOUND : metadataDocument(found.guest, path);
  };
}
