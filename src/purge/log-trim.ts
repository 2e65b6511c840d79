import type { Clock } from '../clock.ts';
import type { PurgeStream } from './purge-stream.ts';
import { msOf } from './stream-id.ts';

/** At most so often is the log trimmed by one sidecar; ms. */
const PAUSE = 60_000;

/**
 * What to call with the id of each entry appended: now and then it forgets the entries that are older, by
 * Redis's own time, than `keep` ms. The newest of those stays, so that who begins to read the log there
 * takes for purged only what was stored before it. Never rejects: a log that is too long does no harm.
 */
export function createLogTrim(
  stream: PurgeStream,
  keep: number,
  clock: Clock,
): (id: string) => Promise<void> {
  // Many sidecars begin together: each trims for the first time at another moment.
  let due = clock.monotonic() + Math.random() * PAUSE;
  return async (id) => {
    const now = clock.monotonic();
    if (now < due) return;
    due = now + PAUSE;
    const oldest = msOf(id) - keep;
    if (oldest <= 0) return;
    await stream.forget(`${oldest}-0`).catch(() => {});
  };
}
