/** Longest wait between two attempts to connect, ms. */
const MAX_RETRY_DELAY = 3_000;

/** Doubles from 50 ms to the cap; half of it is jitter, so that replicas do not come back as one. */
export function retryDelay(attempt: number): number {
  const ceiling = Math.min(MAX_RETRY_DELAY, 50 * 2 ** Math.min(attempt - 1, 16));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}
