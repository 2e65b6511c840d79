import type { Logger } from 'pino';
import { type Clock, systemClock } from '../clock.ts';
import type { UpstreamError, UpstreamFailure } from '../errors.ts';

/** One kind of failure is told at most this often; ms. */
const INTERVAL = 10_000;

/**
 * Tells the log why upstream exchanges fail, with the reason below it: the first of each kind at once, then one
 * line in 10 s that counts those in between. An upstream that is down for an hour fills no disk.
 */
export function createFailureLog(
  log: Logger,
  clock: Clock = systemClock,
): (error: UpstreamError, id: string) => void {
  const told = new Map<UpstreamFailure, { readonly at: number; untold: number }>();
  return (error, id) => {
    const { failure, message, cause } = error;
    const now = clock.monotonic();
    const last = told.get(failure);
    if (last !== undefined && now - last.at < INTERVAL) {
      last.untold++;
      return;
    }
    told.set(failure, { at: now, untold: 0 });
    const { message: reason, code } = (cause ?? {}) as { message?: string; code?: string };
    const hint = failure === 'tls' ? 'upstream.tls.ca names the authority to trust' : undefined;
    const more = last?.untold || undefined;
    log.warn(
      { id, upstream: { failure, reason: reason || undefined, code, hint, more } },
      `upstream: ${message}`,
    );
  };
}
