import type { Address } from '../address.ts';
import type { Config } from '../config/config.ts';
import type { PurgeFeed } from './feed.ts';
import type { Worker } from './supervisor.ts';

export interface ReceptionParts {
  readonly feed: Pick<PurgeFeed, 'index' | 'state' | 'subscribe'>;
  /** What a worker is to go by, as of now. */
  readonly share: () => Config;
  readonly listen: Address;
  /** See Welcome. */
  readonly beat: number;
  /** How long a worker may take until it listens; ms. */
  readonly within: number;
}

/** Lets workers take requests. */
export interface Reception {
  /** Where the last one that was admitted listens; undefined: nobody yet. */
  readonly bound: Address | undefined;
  /** Tells it all that the others know, has it told what comes after that, and lets it listen; rejects where it can't. */
  admit(worker: Worker): Promise<void>;
  /** To be told of every worker that has ended. */
  forget(worker: Worker): void;
}

export function createReception({ feed, share, listen, beat, within }: ReceptionParts): Reception {
  const subscriptions = new Map<Worker, () => void>();
  let bound: Address | undefined;
  return {
    get bound() {
      return bound;
    },
    async admit(worker) {
      const { id, number, channel } = worker;
      // First, so that no step falls between the snapshot and what the worker is told of.
      const end = feed.subscribe((news) => channel.tell({ kind: 'feed', feed: news }));
      subscriptions.set(worker, end);
      const welcome = {
        id,
        number,
        config: share(),
        index: feed.index.snapshot(),
        state: feed.state(),
        beat,
      };
      channel.tell({ kind: 'welcome', welcome });
      worker.welcomed = true;
      bound = await channel.ask('listen', listen, within);
    },
    forget(worker) {
      subscriptions.get(worker)?.();
      subscriptions.delete(worker);
    },
  };
}
