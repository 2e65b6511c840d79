import type { PurgeLog } from '../purge/purge-log.ts';
import type { Answers } from './channel.ts';
import type { PurgeFeed } from './feed.ts';
import type { PrimaryAsks } from './messages.ts';

/** The primary's purge log as whoever waits for all processes sees it. */
export interface HeldLog {
  /** As the log's own, but acknowledged when it holds in every worker. */
  readonly append: PurgeLog['append'];
  /** What the worker of this id may ask. */
  answers(worker: number): Answers<PrimaryAsks>;
  /** Resolves once all that the primary's index knows is known to every worker that takes requests. */
  everywhere(): Promise<void>;
}

/** `log`: the one that is given the feed's index. `settled`: see Crew. */
export function createHeldLog(
  log: () => Pick<PurgeLog, 'append'>,
  feed: Pick<PurgeFeed, 'attribute' | 'flush'>,
  settled: () => Promise<void>,
): HeldLog {
  function everywhere(): Promise<void> {
    feed.flush();
    return settled();
  }

  return {
    async append(...order) {
      // It is in the index, and so in the feed, once this returns.
      const appended = log().append(...order);
      const [receipt] = await Promise.all([appended, everywhere()]);
      return receipt;
    },
    answers: (worker) => ({
      async append({ append, purges }) {
        feed.attribute(purges, worker, append);
        const receipt = await log().append(purges);
        // Before the answer, so that the worker has its own back by then.
        feed.flush();
        return receipt;
      },
      async spread() {
        await everywhere();
        return undefined;
      },
    }),
    everywhere,
  };
}
