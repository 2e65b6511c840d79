import type { Clock } from '../clock.ts';
import type { RequestHead } from '../policy/request.ts';
import type { Digest } from '../policy/secret.ts';
import {
  isVaryRecord,
  type Stored,
  type StoredResponse,
  uselessAfter,
  type VaryRecord,
} from '../policy/stored-response.ts';
import { hasValidator } from '../policy/validator.ts';
import { variantKey } from '../policy/vary.ts';
import type { MemoryTier, RemoteTier } from './ports.ts';

/** What a look for a stored response found. */
export type Lookup =
  | {
      readonly kind: 'found';
      readonly stored: StoredResponse;
      /** Where it was found by way of one. */
      readonly record?: VaryRecord;
    }
  /** Nothing is stored for the resource. */
  | { readonly kind: 'uri-miss' }
  /** Something was, for requests that say otherwise in the fields of `record.vary`. */
  | { readonly kind: 'vary-miss'; readonly record: VaryRecord }
  /** `find` only: Redis could not be asked. */
  | { readonly kind: 'unavailable' };

export interface TieredStoreOptions {
  readonly memory: MemoryTier | undefined;
  readonly remote: RemoteTier | undefined;
  /** False while purges may have been missed: Redis is then neither read nor written. */
  readonly remoteTrusted: () => boolean;
  /** For the secrets among the fields that select a variant. */
  readonly digest: Digest;
  readonly clock: Clock;
  /** ms that a record of Vary outlives the response it was written for; its variants may live longer. */
  readonly varyRetention?: number;
}

/** Both tiers as one, variants included: a resource whose responses vary has a record under its key. */
export interface TieredStore {
  /** False where there is nothing behind memory, so that `find` need not be awaited. */
  readonly hasRemote: boolean;
  /** Memory alone; synchronous. */
  peek(key: string, request: RequestHead): Lookup;
  /** Redis; at most two round trips. What it finds is promoted into memory, its times as they are. */
  find(key: string, request: RequestHead): Promise<Lookup>;
  /**
   * Stores in both tiers. `vary` are the names of parseVary, and `stored.variant` the variant key made
   * from them; both empty for a response without Vary. One whose request was sent later stays in its
   * place. False where no tier took it.
   */
  put(stored: StoredResponse, vary: readonly string[]): boolean;
  /** Removes this response; a newer one that replaced it in memory stays. */
  remove(stored: StoredResponse, from?: 'memory' | 'everywhere'): void;
  /** Drops this record from memory, so that `find` asks for the one in Redis, which others may have renewed. */
  forget(key: string, record: VaryRecord): void;
}

/**
 * How long past its last use as a whole response one with a validator is kept, ms: a conditional
 * request that is answered 304 saves the transfer. Ten minutes cover clients that poll, and yet do
 * not fill the tiers with what nobody asks for.
 */
export const VALIDATION_WINDOW = 10 * 60_000;

const VARY_RETENTION = 60 * 60_000;

const URI_MISS: Lookup = { kind: 'uri-miss' };
const UNAVAILABLE: Lookup = { kind: 'unavailable' };

/** Where a tier keeps a variant. NUL occurs in no cache key, so no key can be taken for a variant. */
export function variantStorageKey(key: string, variant: string): string {
  return variant === '' ? key : `${key}\u0000${variant}`;
}

/** When neither tier needs to keep this response any longer; ms since the epoch. */
export function keepUntil(stored: StoredResponse): number {
  return uselessAfter(stored, hasValidator(stored.fields) ? VALIDATION_WINDOW : 0);
}

export function createTieredStore(options: TieredStoreOptions): TieredStore {
  const { memory, remote, remoteTrusted, digest, clock, varyRetention = VARY_RETENTION } = options;

  const askable = (): RemoteTier | undefined =>
    remote !== undefined && remote.state === 'ready' && remoteTrusted() ? remote : undefined;

  /** Takes what Redis had into memory, unless memory has something as new. Returns the newer one. */
  const promote = (key: string, found: Stored, before: Stored | undefined): Stored => {
    if (memory === undefined) return found;
    const now = memory.glance(key);
    if (now !== undefined && (now !== before || isNewer(now, found))) return now;
    memory.put(key, found, isVaryRecord(found) ? found.expires : keepUntil(found));
    return found;
  };

  const findVariant = async (
    from: RemoteTier,
    key: string,
    record: VaryRecord,
    request: RequestHead,
  ): Promise<Lookup> => {
    const variant = variantStorageKey(key, variantKey(record.vary, request.fields, digest));
    const before = memory?.glance(variant);
    const answer = await from.find(variant);
    if (answer.kind === 'unavailable') return UNAVAILABLE;
    if (answer.kind === 'absent' || isVaryRecord(answer.stored)) return { kind: 'vary-miss', record };
    const stored = promote(variant, answer.stored, before);
    return isVaryRecord(stored) ? { kind: 'vary-miss', record } : { kind: 'found', stored, record };
  };

  return {
    hasRemote: remote !== undefined,

    peek(key, request) {
      const stored = memory?.peek(key);
      if (stored === undefined) return URI_MISS;
      if (!isVaryRecord(stored)) return { kind: 'found', stored };
      const variant = memory?.peek(variantStorageKey(key, variantKey(stored.vary, request.fields, digest)));
      if (variant === undefined || isVaryRecord(variant)) return { kind: 'vary-miss', record: stored };
      return { kind: 'found', stored: variant, record: stored };
    },

    async find(key, request) {
      const from = askable();
      if (from === undefined) return UNAVAILABLE;
      const before = memory?.glance(key);
      if (before !== undefined && isVaryRecord(before)) return findVariant(from, key, before, request);
      const answer = await from.find(key);
      if (answer.kind === 'unavailable') return UNAVAILABLE;
      if (answer.kind === 'absent') return URI_MISS;
      const stored = promote(key, answer.stored, before);
      if (!isVaryRecord(stored)) return { kind: 'found', stored };
      return findVariant(from, key, stored, request);
    },

    put(stored, vary) {
      const to = askable();
      const until = keepUntil(stored);
      const place = variantStorageKey(stored.key, stored.variant);
      const present = memory?.glance(place);
      if (present !== undefined && wasAskedLater(present, stored, clock.now())) return true;
      const known = memory?.glance(stored.key);
      if (vary.length > 0) {
        const { url, route, tags, asOf, heard } = stored;
        const before = known && isVaryRecord(known) ? known : { until: 0, expires: 0 };
        const expires = Math.max(until + varyRetention, before.expires);
        const last = Math.max(until, before.until);
        const record: VaryRecord = { vary, until: last, expires, url, route, tags, asOf, heard };
        memory?.put(stored.key, record, expires);
        to?.put(stored.key, record, expires);
      }
      const inMemory = memory?.put(place, stored, until) ?? false;
      // A record left in place would hide this response from `find`.
      if (!inMemory && vary.length === 0 && known && isVaryRecord(known)) memory?.delete(stored.key);
      const inRedis = to?.put(place, stored, until) ?? false;
      return inMemory || inRedis;
    },

    remove(stored, from = 'everywhere') {
      const place = variantStorageKey(stored.key, stored.variant);
      const now = memory?.glance(place);
      if (now !== undefined && !isVaryRecord(now) && !isNewer(now, stored)) memory?.delete(place);
      if (from === 'everywhere' && remote?.state === 'ready') remote.delete(place);
    },

    forget(key, record) {
      if (memory?.glance(key) === record) memory.delete(key);
    },
  };
}

/**
 * Whether `present` answers a later request than `stored`, which took longer. A time still to come is
 * another replica's clock, and says nothing.
 */
function wasAskedLater(present: Stored, stored: StoredResponse, now: number): boolean {
  if (isVaryRecord(present)) return false;
  return present.requestTime > stored.requestTime && present.requestTime <= now;
}

/**
 * Whether `a` is to be preferred to `b`. The purge log's position decides before any wall clock, which
 * another replica's may differ from.
 */
function isNewer(a: Stored, b: Stored): boolean {
  if (isVaryRecord(a) || isVaryRecord(b)) return false;
  return a.asOf > b.asOf || (a.asOf === b.asOf && a.responseTime > b.responseTime);
}
