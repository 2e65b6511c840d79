import type { Clock } from '../clock.ts';
import { ruleOfSearch } from '../policy/no-vary-search.ts';
import type { RequestHead } from '../policy/request.ts';
import type { Digest } from '../policy/secret.ts';
import {
  isResponse,
  isVaryRecord,
  resourceKey,
  type SearchRecord,
  type StoredResponse,
  searchRecordKey,
  type VaryRecord,
} from '../policy/stored-response.ts';
import { createLookups, type Lookup, placeOf, variantStorageKey } from './lookup.ts';
import type { MemoryTier, RemoteTier } from './ports.ts';
import { isNewer, wasAskedLater } from './precedence.ts';
import { keepUntil } from './retention.ts';

export interface TieredStoreOptions {
  readonly memory: MemoryTier | undefined;
  readonly remote: RemoteTier | undefined;
  /** False while purges may have been missed: Redis is then neither read nor written. */
  readonly remoteTrusted: () => boolean;
  /** For the secrets among the fields that select a variant. */
  readonly digest: Digest;
  readonly clock: Clock;
  /** ms that a record outlives the response it was written for; others found by way of it may live longer. */
  readonly recordRetention?: number;
}

/**
 * Both tiers as one, variants included: a resource whose responses vary has a record under its key, and
 * a path whose responses answer for several queries has one that says which (No-Vary-Search).
 */
export interface TieredStore {
  /** False where there is nothing behind memory, so that `find` need not be awaited. */
  readonly hasRemote: boolean;
  /** Memory alone; synchronous. `bySearch`: whether a No-Vary-Search counts. */
  peek(key: string, request: RequestHead, bySearch?: boolean): Lookup;
  /**
   * Redis; at most two round trips, three by a No-Vary-Search that memory does not know. What it finds is
   * promoted into memory, its times as they are.
   */
  find(key: string, request: RequestHead, bySearch?: boolean): Promise<Lookup>;
  /**
   * Stores in both tiers. `vary` are the names of parseVary, and `stored.variant` the variant key made
   * from them; both empty for a response without Vary. One whose request was sent later stays in its
   * place. One that answers for several queries leaves no older one under the key of its own. False
   * where no tier took it.
   */
  put(stored: StoredResponse, vary: readonly string[]): boolean;
  /** Removes this response; a newer one that replaced it in memory stays. */
  remove(stored: StoredResponse, from?: 'memory' | 'everywhere'): void;
  /** Drops this record from memory, so that `find` asks for the one in Redis, which others may have renewed. */
  forget(resource: string, record: VaryRecord): void;
}

const RECORD_RETENTION = 60 * 60_000;

export function createTieredStore(options: TieredStoreOptions): TieredStore {
  const { memory, remote, remoteTrusted, digest, clock, recordRetention = RECORD_RETENTION } = options;

  const askable = (): RemoteTier | undefined =>
    remote !== undefined && remote.state === 'ready' && remoteTrusted() ? remote : undefined;

  const { peek, find } = createLookups(memory, askable, digest);

  const putVaryRecord = (
    resource: string,
    stored: StoredResponse,
    vary: readonly string[],
    to: RemoteTier | undefined,
  ): void => {
    const { search, url, route, tags, asOf, heard } = stored;
    const until = keepUntil(stored);
    const known = memory?.glance(resource);
    const before = known && isVaryRecord(known) ? known : { until: 0, expires: 0 };
    const expires = Math.max(until + recordRetention, before.expires);
    const last = Math.max(until, before.until);
    const record: VaryRecord = { vary, until: last, expires, search, url, route, tags, asOf, heard };
    memory?.put(resource, record, expires);
    to?.put(resource, record, expires);
  };

  /** From now on all queries of the path are looked for by this response's No-Vary-Search. */
  const putSearchRecord = (stored: StoredResponse, to: RemoteTier | undefined): void => {
    const searchRule = ruleOfSearch(stored.search);
    if (searchRule === undefined) return;
    const place = searchRecordKey(stored.key);
    const known = memory?.glance(place);
    const before = known !== undefined && !isResponse(known) ? known.expires : 0;
    const expires = Math.max(keepUntil(stored) + recordRetention, before);
    const record: SearchRecord = { searchRule, expires };
    memory?.put(place, record, expires);
    to?.put(place, record, expires);
    // What stands under the key itself is found first.
    const own = memory?.glance(stored.key);
    if (own !== undefined && wasAskedLater(own, stored, clock.now())) return;
    memory?.delete(stored.key);
    to?.delete(stored.key);
  };

  return {
    hasRemote: remote !== undefined,
    peek,
    find,

    put(stored, vary) {
      const to = askable();
      const until = keepUntil(stored);
      const resource = resourceKey(stored);
      const place = variantStorageKey(resource, stored.variant);
      const present = memory?.glance(place);
      if (present !== undefined && wasAskedLater(present, stored, clock.now())) return true;
      const known = memory?.glance(resource);
      if (vary.length > 0) putVaryRecord(resource, stored, vary, to);
      const inMemory = memory?.put(place, stored, until) ?? false;
      // A record left in place would hide this response from `find`.
      if (!inMemory && vary.length === 0 && known && isVaryRecord(known)) memory?.delete(resource);
      const inRedis = to?.put(place, stored, until) ?? false;
      if (stored.search !== '' && (inMemory || inRedis)) putSearchRecord(stored, to);
      return inMemory || inRedis;
    },

    remove(stored, from = 'everywhere') {
      const place = placeOf(stored);
      const now = memory?.glance(place);
      if (now !== undefined && isResponse(now) && !isNewer(now, stored)) memory?.delete(place);
      if (from === 'everywhere' && remote?.state === 'ready') remote.delete(place);
    },

    forget(resource, record) {
      if (memory?.glance(resource) === record) memory.delete(resource);
    },
  };
}
