/**
 * Counts what was let go until there is enough of it to be worth a search for garbage; `bytes` of one stored
 * response, `held`: how many there are still.
 */
export type Reclaim = (bytes: number, held: number) => void;

const MIB = 1024 * 1024;

/** Below this a search costs a fifth of what it takes to fetch the responses that were let go. */
const LEAST = 16 * MIB;

/** What V8 waits for by itself, and how much must seem to be new for it to begin earlier. */
const V8_WAITS_FOR = 64 * MIB;

/** A search looks at everything held: with many small responses it has to come less often. */
const BYTES_PER_HELD = 1024;

/**
 * What is let go stays in memory until V8 has found out that nobody uses it, and by itself V8 looks for it once
 * 64 MiB of buffers are new, whatever the limit is. `begin` makes it look once a sixteenth of `limit` (bytes) was let go.
 */
export function createReclaim(limit: number, begin: () => void = beginSearch): Reclaim {
  const least = Math.max(LEAST, limit / 16);
  let letGo = 0;
  return (bytes, held) => {
    letGo += bytes;
    if (letGo < Math.min(V8_WAITS_FOR, Math.max(least, held * BYTES_PER_HELD))) return;
    letGo = 0;
    begin();
  };
}

/**
 * Has V8 start to mark, in steps and on other threads: a buffer that is never written to takes addresses, no memory, but
 * counts as new. Nothing holds it, so that it goes with the next look at what is young.
 */
function beginSearch(): void {
  try {
    new ArrayBuffer(V8_WAITS_FOR);
  } catch {
    // No addresses left to have: V8 has looked for garbage before it gave up.
  }
}
