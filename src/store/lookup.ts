import { splitCacheKey } from '../policy/cache-key.ts';
import { searchOf } from '../policy/no-vary-search.ts';
import type { RequestHead } from '../policy/request.ts';
import type { Digest } from '../policy/secret.ts';
import {
  isResponse,
  isSearchRecord,
  isVaryRecord,
  resourceKey,
  type Stored,
  type StoredResponse,
  searchRecordKey,
  type VaryRecord,
} from '../policy/stored-response.ts';
import { variantKey } from '../policy/vary.ts';
import type { MemoryTier, RemoteFind, RemoteTier } from './ports.ts';
import { isNewer } from './precedence.ts';
import { keepUntil } from './retention.ts';

/** What a look for a stored response found. */
export type Lookup =
  | {
      readonly kind: 'found';
      readonly stored: StoredResponse;
      /** Where it was found by way of one. */
      readonly record?: VaryRecord;
    }
  /** Nothing is stored for the resource. */
  | {
      readonly kind: 'uri-miss';
      /** Where it would stand by the No-Vary-Search of its path, where one is known. */
      readonly resource?: string;
    }
  /** Something was, for requests that say otherwise in the fields of `record.vary`. */
  | { readonly kind: 'vary-miss'; readonly record: VaryRecord; readonly resource: string }
  /** `find` only: Redis could not be asked. */
  | { readonly kind: 'unavailable' };

/**
 * Looks for what a request may be answered with. The key itself is asked first; with `bySearch`, where
 * nothing stands there, what the No-Vary-Search of its path makes equal.
 */
export interface Lookups {
  peek(key: string, request: RequestHead, bySearch?: boolean): Lookup;
  find(key: string, request: RequestHead, bySearch?: boolean): Promise<Lookup>;
}

const URI_MISS: Lookup = { kind: 'uri-miss' };
const UNAVAILABLE: Lookup = { kind: 'unavailable' };

/** Where a tier keeps a variant of a resource. NUL occurs in no cache key, so no key can be taken for a variant. */
export function variantStorageKey(resource: string, variant: string): string {
  return variant === '' ? resource : `${resource}\u0000${variant}`;
}

/** Where a tier keeps this stored response. */
export function placeOf(stored: Pick<StoredResponse, 'key' | 'search' | 'variant'>): string {
  return variantStorageKey(resourceKey(stored), stored.variant);
}

/** `askable`: the Redis tier, while it may be read. */
export function createLookups(
  memory: MemoryTier | undefined,
  askable: () => RemoteTier | undefined,
  digest: Digest,
): Lookups {
  /** Takes what Redis had into memory, unless memory has something as new. Returns the newer one. */
  const promote = (place: string, found: Stored, before: Stored | undefined): Stored => {
    if (memory === undefined) return found;
    const now = memory.glance(place);
    if (now !== undefined && (now !== before || isNewer(now, found))) return now;
    // What memory has made of it, so that what is prepared at this use is there at the next.
    return memory.put(place, found, keepUntil(found)) ? (memory.glance(place) ?? found) : found;
  };

  const findVariant = async (
    from: RemoteTier,
    resource: string,
    record: VaryRecord,
    request: RequestHead,
  ): Promise<Lookup> => {
    const place = variantStorageKey(resource, variantKey(record.vary, request.fields, digest));
    const before = memory?.glance(place);
    const answer = await from.find(place);
    if (answer.kind === 'unavailable') return UNAVAILABLE;
    const miss: Lookup = { kind: 'vary-miss', record, resource };
    if (answer.kind === 'absent' || !isResponse(answer.stored)) return miss;
    const stored = promote(place, answer.stored, before);
    return isResponse(stored) ? { kind: 'found', stored, record } : miss;
  };

  /** Goes on from what Redis answered for a resource; undefined where it has nothing there. */
  const settle = (
    from: RemoteTier,
    resource: string,
    answer: RemoteFind,
    before: Stored | undefined,
    request: RequestHead,
  ): Lookup | Promise<Lookup> | undefined => {
    if (answer.kind === 'unavailable') return UNAVAILABLE;
    if (answer.kind === 'absent') return undefined;
    const stored = promote(resource, answer.stored, before);
    if (isResponse(stored)) return { kind: 'found', stored };
    return isVaryRecord(stored) ? findVariant(from, resource, stored, request) : undefined;
  };

  /** Both the key and what is known of its path's No-Vary-Search in one trip; another where Redis alone knows it. */
  const findBySearch = async (
    from: RemoteTier,
    key: string,
    before: Stored | undefined,
    request: RequestHead,
  ): Promise<Lookup> => {
    const recordKey = searchRecordKey(key);
    const known = memory?.glance(recordKey);
    const expected = resourceBy(known, key);
    const beforeThere = expected === undefined ? known : memory?.glance(expected);
    const answers = await from.findMany([key, expected ?? recordKey]);
    const [own = UNANSWERED, other = UNANSWERED] = answers;
    const found = await settle(from, key, own, before, request);
    if (found !== undefined) return found;
    if (expected !== undefined) {
      const there = await settle(from, expected, other, beforeThere, request);
      return there ?? { kind: 'uri-miss', resource: expected };
    }
    const record = other.kind === 'found' ? promote(recordKey, other.stored, beforeThere) : undefined;
    const resource = resourceBy(record, key);
    if (resource === undefined) return URI_MISS;
    const inMemory = memory?.glance(resource);
    const there = await settle(from, resource, await from.find(resource), inMemory, request);
    return there ?? { kind: 'uri-miss', resource };
  };

  return {
    peek(key, request, bySearch = false) {
      if (memory === undefined) return URI_MISS;
      const other = bySearch ? peekResource(memory, key) : undefined;
      const resource = other ?? key;
      const stored = memory.peek(resource);
      if (stored !== undefined && isResponse(stored)) return { kind: 'found', stored };
      if (stored === undefined || !isVaryRecord(stored)) {
        return other === undefined ? URI_MISS : { kind: 'uri-miss', resource };
      }
      const variant = memory.peek(
        variantStorageKey(resource, variantKey(stored.vary, request.fields, digest)),
      );
      return variant !== undefined && isResponse(variant)
        ? { kind: 'found', stored: variant, record: stored }
        : { kind: 'vary-miss', record: stored, resource };
    },

    async find(key, request, bySearch = false) {
      const from = askable();
      if (from === undefined) return UNAVAILABLE;
      const before = memory?.glance(key);
      if (before !== undefined && isVaryRecord(before)) return findVariant(from, key, before, request);
      if (bySearch) return findBySearch(from, key, before, request);
      const settled = settle(from, key, await from.find(key), before, request);
      return settled ?? URI_MISS;
    },
  };
}

const UNANSWERED: RemoteFind = { kind: 'unavailable' };

/** Undefined where the key itself has something, or where its path has no No-Vary-Search that is known. */
function peekResource(memory: MemoryTier, key: string): string | undefined {
  if (memory.glance(key) !== undefined) return undefined;
  const recordKey = searchRecordKey(key);
  // Looked at first, so that its absence counts as no miss; then used, so that it is not evicted.
  return memory.glance(recordKey) === undefined ? undefined : resourceBy(memory.peek(recordKey), key);
}

function resourceBy(record: Stored | undefined, key: string): string | undefined {
  if (record === undefined || !isSearchRecord(record)) return undefined;
  return resourceKey({ key, search: searchOf(splitCacheKey(key).query, record.searchRule) });
}
