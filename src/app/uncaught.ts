import type { Logger } from 'pino';

/** How long requests under way may still take; ms. */
const WITHIN = 5_000;
/** A process that goes on making mistakes ends at once. */
const MOST = 10;

/**
 * From now on, what was thrown and nobody caught is logged, and ends this process with code 1: `drain` is given so many ms to
 * let requests under way finish, for what is broken is seldom what they need. Warnings of Node go to the log as well: standard error
 * may be a pipe that nobody reads, and to write into that holds up everything.
 */
export function onUncaught(log: Logger, drain: (withinMs: number) => Promise<unknown>): void {
  let count = 0;
  const end = () => process.exit(1);
  process.on('uncaughtException', (err, origin) => {
    log.fatal({ err, origin }, 'a mistake of Cacheside that nothing caught: it stops');
    if (++count === MOST) end();
    if (count > 1) return;
    setTimeout(end, WITHIN + 1_000);
    drain(WITHIN).then(end, end);
  });
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn({ name, message }, 'a warning of Node'));
}
