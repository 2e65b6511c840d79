import type { Logger } from 'pino';
import type { Observer } from './outcome.ts';
import { outcomeWord } from './outcome-word.ts';
import { redactTarget } from './redact.ts';

/** Does nothing; shared, so that "off" can be recognised and costs nothing. */
export const noObserver: Observer = () => {};

/**
 * One line per finished exchange, durations in ms rounded to 0.01, sizes in bytes. Query values that
 * look like secrets are redacted; control characters in the path leave JSON-escaped.
 */
export function createAccessLog(logger: Logger, options: { readonly enabled: boolean }): Observer {
  if (!options.enabled || !logger.isLevelEnabled('info')) return noObserver;
  return (outcome) => {
    logger.info(
      {
        id: outcome.id,
        method: outcome.method,
        host: outcome.authority,
        path: redactTarget(outcome.target),
        route: outcome.route ?? 'none',
        status: outcome.status,
        outcome: outcomeWord(outcome),
        trace: outcome.trace.join(' '),
        servedFrom: outcome.servedFrom,
        detail: outcome.cache.detail,
        subject: outcome.cache.subject,
        duration: rounded(outcome.duration),
        upstream: outcome.upstreamDuration === undefined ? undefined : rounded(outcome.upstreamDuration),
        bytes: outcome.bytes,
        aborted: outcome.aborted,
      },
      'request',
    );
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
