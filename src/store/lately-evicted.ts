/** How often what was evicted lately had been used; bounded, and forgetting at random. */
export interface LatelyEvicted {
  /** `uses` from 0 to MOST_USES, as they count in `epoch`. */
  remember(key: string, uses: number, epoch: number): void;
  /** What it had been used by then, halved for each epoch since; undefined where it is not remembered. */
  recall(key: string, epoch: number): number | undefined;
  /** What it takes, used or not. */
  readonly bytes: number;
}

/** As many uses count: three bits. */
export const MOST_USES = 7;

/** Of the memory limit for each place: about two places for each response of a few KiB. */
const LIMIT_PER_PLACE = 2048;
const BYTES_PER_PLACE = 4;

/** A place: 24 bits of the key's hash, five of the epoch, three of uses. */
const HASH_MASK = ~0xff;
const EPOCH_MASK = 31;
const USES_BITS = 3;

/**
 * One place for each key, by its hash: who comes later takes it over, so that nothing has to be cleared. Two keys may be
 * taken for one another, which costs no more than a wrong guess at what will be used again. `limit`: bytes of the memory tier.
 */
export function createLatelyEvicted(limit: number): LatelyEvicted {
  const places = 2 ** Math.max(4, Math.ceil(Math.log2(limit / LIMIT_PER_PLACE)));
  /** Made at the first eviction: where everything fits, nothing is hashed. */
  let table: Int32Array | undefined;

  return {
    bytes: places * BYTES_PER_PLACE,

    remember(key, uses, epoch) {
      table ??= new Int32Array(places);
      const hash = hashOf(key);
      table[hash & (places - 1)] = (hash & HASH_MASK) | ((epoch & EPOCH_MASK) << USES_BITS) | uses;
    },

    recall(key, epoch) {
      if (table === undefined) return undefined;
      const hash = hashOf(key);
      const found = table[hash & (places - 1)] ?? 0;
      if (((found ^ hash) & HASH_MASK) !== 0) return undefined;
      return (found & MOST_USES) >> ((epoch - (found >> USES_BITS)) & EPOCH_MASK);
    },
  };
}

/** FNV-1a, its bits then spread (32 bits, signed): neighbours in an alphabet get places far apart. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
