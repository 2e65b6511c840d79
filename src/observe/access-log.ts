import type { Logger } from 'pino';
import { type Clock, systemClock } from '../clock.ts';
import { createLineWriter } from './access-line.ts';
import type { LogOutput } from './logger.ts';
import type { Observer } from './outcome.ts';
import { outcomeWord } from './outcome-word.ts';

/** Does nothing; shared, so that "off" can be recognised and costs nothing. */
export const noObserver: Observer = () => {};

/**
 * One line per finished exchange into `output`, durations in ms rounded to 0.01, sizes in bytes, while
 * `logger` lets level info through. Query values that look like secrets are redacted; control characters in
 * the path leave JSON-escaped. The line looks like the logger's own and is put together here: pino walks an
 * object of fifteen keys in three times the time, which a hit would notice. `hits`: the share of hits that get
 * a line, evenly spread; whatever else happened always gets one.
 */
export function createAccessLog(
  logger: Logger,
  output: LogOutput,
  {
    enabled,
    hits = 1,
    clock = systemClock,
  }: { readonly enabled: boolean; readonly hits?: number; readonly clock?: Clock },
): Observer {
  if (!enabled || !logger.isLevelEnabled('info')) return noObserver;
  const writeLine = createLineWriter();
  const write: Observer = (outcome) => {
    if (logger.isLevelEnabled('info')) output.write(writeLine(outcome, clock.now()));
  };
  if (hits === 1) return write;
  let due = 0;
  return (outcome) => {
    if (outcomeWord(outcome) === 'hit') {
      due += hits;
      if (due < 1) return;
      due--;
    }
    write(outcome);
  };
}
