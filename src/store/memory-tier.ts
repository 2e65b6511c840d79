import { systemClock } from '../clock.ts';
import { isResponse, type Stored } from '../policy/stored-response.ts';
import { ownMemory } from './own-memory.ts';
import type { MemoryTier, TierStats } from './ports.ts';
import { createReclaim, type Reclaim } from './reclaim.ts';
import { createSegments, type Resident } from './segments.ts';
import { sizeOf } from './stored-size.ts';

export interface MemoryTierOptions {
  /** Bytes over keys, fields, bodies and bookkeeping. */
  readonly limit: number;
  /**
   * Told the key of about one use in 64, and of how many uses this one is taken for; of each one, while there are few. On the way
   * of a hit. Must not throw.
   */
  readonly onSample?: ((key: string, uses: number) => void) | undefined;
  /** Monotonic, ms; the system's, if not given. */
  readonly now?: () => number;
  /** Told of what nothing here holds any more. */
  readonly reclaim?: Reclaim;
}

/**
 * Share of the limit that one stored response may take, so that a single one never empties the tier.
 */
const LARGEST_SHARE = 1 / 4;

/**
 * From 33 to 96 uses pass between two samples. A fixed number would meet the same keys again and again
 * where they are used in turn, as a record and its variant are.
 */
const FEWEST_BETWEEN = 33;
const SPREAD = 63;
/** Where so many ms passed since the last sample, the next use is one, too. */
const QUIET = 10;

/** For each response held, and at least: then what was used before counts half. */
const USES_OF_EPOCH = 5;
const LEAST_USES_OF_EPOCH = 1_000;

interface Held extends Resident {
  readonly stored: Stored;
  readonly uselessAfter: number;
  /** Where it stands in `held`; kept true by `take` and `release`. */
  slot: number;
}

/**
 * A memory tier bounded by bytes, in which what is used again outlasts what passes through (`segments`). Expiry
 * is kept in our own numbers and swept in slices: lru-cache's `ttl` reads 0, NaN and undefined as *for ever*.
 *
 * A response too large to keep leaves an older one under its key in place: that one stays valid by
 * HTTP for as long as it is fresh, and whoever wants it gone deletes it. Records are not counted as
 * hits: the look for the response that follows is.
 */
export function createMemoryTier({
  limit,
  onSample,
  reclaim = createReclaim(limit),
  now = systemClock.monotonic,
}: MemoryTierOptions): MemoryTier {
  const largest = Math.max(1, Math.floor(limit * LARGEST_SHARE));
  /** Everything held, in no order, so that a sweep can go round it in slices of bounded work. */
  const held: Held[] = [];
  /** The sweep has seen every slot from here to the end; it walks down, then starts a new round. */
  let cursor = 0;
  let usesOfEpoch = 0;
  let gap = 1;
  let untilSample = gap;
  let gaps = 1;
  let sampledAt = Number.NEGATIVE_INFINITY;
  const counts = { hits: 0, misses: 0, sets: 0, deletes: 0, evictions: 0, expired: 0 };

  const release = (gone: Held): void => {
    // The last takes the free slot: the sweep has seen it already, or will meet it further down.
    const last = held.pop();
    if (last === undefined || last === gone) return;
    last.slot = gone.slot;
    held[gone.slot] = last;
  };

  const letGo = (gone: Held): void => {
    release(gone);
    reclaim(gone.size, held.length);
  };

  const segments = createSegments<Held>(limit, (gone) => {
    letGo(gone);
    counts.evictions++;
  });

  const sample = (key: string): void => {
    const uses = gap;
    const at = now();
    gaps = nextGap(gaps);
    gap = at - sampledAt < QUIET ? FEWEST_BETWEEN + (gaps & SPREAD) : 1;
    sampledAt = at;
    untilSample = gap;
    usesOfEpoch += gap;
    if (usesOfEpoch >= Math.max(LEAST_USES_OF_EPOCH, USES_OF_EPOCH * held.length)) {
      usesOfEpoch = 0;
      segments.age();
    }
    onSample?.(key, uses);
  };

  const hold = (key: string, stored: Stored, uselessAfter: number, size: number): void => {
    // What a hit looks at stands together: one line of the processor's cache.
    const value: Held = {
      stored,
      uses: 0,
      epoch: 0,
      key,
      size,
      uselessAfter,
      slot: -1,
      isProven: false,
    };
    const before = segments.look(key);
    if (before === undefined) segments.add(value);
    else {
      segments.replace(before, value);
      release(before);
      // What it replaces may have lent it its body.
      if (!sharesBody(before.stored, stored)) reclaim(before.size, held.length);
    }
    // Others were evicted, which moves slots: the new one comes after.
    value.slot = held.push(value) - 1;
  };

  const remove = (gone: Held): void => {
    segments.remove(gone);
    letGo(gone);
  };

  return {
    limit,

    peek(key) {
      const found = segments.use(key);
      if (found === undefined) {
        counts.misses++;
        return undefined;
      }
      if (isResponse(found.stored)) counts.hits++;
      if (--untilSample === 0) sample(found.key);
      return found.stored;
    },

    glance: (key) => segments.look(key)?.stored,

    put(key, stored, uselessAfter) {
      const owned = withOwnBody(stored);
      const size = sizeOf(key, owned);
      if (size > largest) return false;
      hold(key, owned, uselessAfter, size);
      counts.sets++;
      return true;
    },

    attach(key, stored, forms) {
      const found = segments.look(key);
      if (found === undefined || found.stored !== stored) return false;
      stored.coded = { of: stored, forms: forms.map(({ coding, body }) => ({ coding, body })) };
      const size = sizeOf(key, stored);
      if (size > largest) {
        stored.coded = { of: stored, forms: [] };
        return false;
      }
      hold(key, stored, found.uselessAfter, size);
      return true;
    },

    delete(key) {
      const found = segments.look(key);
      if (found === undefined) return false;
      remove(found);
      counts.deletes++;
      return true;
    },

    sweep(now, limit) {
      if (cursor === 0 || cursor > held.length) cursor = held.length;
      let expired = 0;
      for (let looked = 0; looked < limit && cursor > 0; looked++) {
        const value = held[--cursor];
        if (value === undefined || value.uselessAfter >= now) continue;
        remove(value);
        expired++;
      }
      counts.expired += expired;
      return expired;
    },

    keys: segments.keys,

    *walk() {
      // Downwards: what takes the place of what was removed was seen, or will be met further down.
      for (let slot = held.length - 1; slot >= 0; slot--) {
        const value = held[slot];
        if (value !== undefined) yield value;
      }
    },

    stats: (): TierStats => ({ responses: held.length, bytes: segments.bytes(), ...counts }),
  };
}

function withOwnBody(stored: Stored): Stored {
  if (!isResponse(stored)) return stored;
  const body = ownMemory(stored.body);
  return body === stored.body ? stored : { ...stored, body };
}

function sharesBody(gone: Stored, coming: Stored): boolean {
  return isResponse(gone) && isResponse(coming) && gone.body === coming.body;
}

/** A small integer to the next, in no order that traffic has (a shift register of 16 bits). */
function nextGap(gap: number): number {
  return (gap >> 1) ^ (-(gap & 1) & 0xb400);
}
