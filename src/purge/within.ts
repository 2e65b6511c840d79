import { setTimeout as delay } from 'node:timers/promises';

/** Resolves as soon as the promise does, after `ms` at the latest. Rejects only as the promise does. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  const late = delay(ms, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([promise, late]).finally(() => patience.abort());
}
