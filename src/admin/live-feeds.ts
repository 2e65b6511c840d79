import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { statsWindow } from '../observe/stats-window.ts';
import type { LiveEvent } from './live-event.ts';
import type { AdminFigures, AdminParts } from './ports.ts';

/** Where the events of one stream go. */
export type LiveSink = Pick<Writable, 'write' | 'writableLength' | 'destroy'>;

/** Who listens to the figures, at which intervals. */
export interface LiveFeeds {
  readonly listeners: number;
  /**
   * Writes an event at once, then one every `interval` ms until `signal` aborts; resolves then, or when it was cut off since it
   * did not read. Rejects where the figures could not be had.
   */
  listen(interval: number, to: LiveSink, signal: AbortSignal): Promise<void>;
}

/** What was counted at one moment. */
interface Moment extends AdminFigures {
  /** ms since the epoch, and monotonic. */
  readonly now: number;
  readonly at: number;
}

interface Listener {
  readonly to: LiveSink;
  /** That of its latest event. */
  last: Moment;
  leave(error?: unknown): void;
}

/** All who listen at one interval. */
interface Feed {
  readonly listeners: Set<Listener>;
  readonly timer: NodeJS.Timeout;
}

/** Who has not read one event for so long, in ms, is cut off. */
const STALLED = 10_000;

/**
 * One timer for each interval, while somebody listens; one look at the figures a tick for all of its listeners. Nobody
 * is sent an event before the one before it has left this process, so that of each at most one is held: what a tick passes
 * over is in the window of the next event.
 */
export function createLiveFeeds(
  figures: AdminParts['figures'],
  clock: Pick<Clock, 'now' | 'monotonic'>,
): LiveFeeds {
  const feeds = new Map<number, Feed>();
  let listeners = 0;
  let looking: Promise<Moment> | undefined;

  const look = async (): Promise<Moment> => {
    try {
      const { stats, raw } = await figures();
      return { stats, raw, now: clock.now(), at: clock.monotonic() };
    } finally {
      looking = undefined;
    }
  };
  /** Shared by all who ask while it is under way. */
  const moment = (): Promise<Moment> => {
    looking ??= look();
    return looking;
  };

  const tick = async ({ listeners: told }: Feed): Promise<void> => {
    let now: Moment;
    try {
      now = await moment();
    } catch (error) {
      for (const listener of told) listener.leave(error);
      return;
    }
    /** By the moment before: mostly the same for all. */
    const texts = new Map<Moment, string>();
    for (const listener of told) {
      const { to, last } = listener;
      if (last.at >= now.at) continue;
      if (to.writableLength > 0) {
        if (now.at - last.at < STALLED) continue;
        listener.leave();
        to.destroy();
        continue;
      }
      const text = texts.get(last) ?? eventText(now, last);
      texts.set(last, text);
      listener.last = now;
      to.write(text);
    }
  };

  const feedOf = (interval: number): Feed => {
    const known = feeds.get(interval);
    if (known !== undefined) return known;
    let isTicking = false;
    const timer = setInterval(() => {
      // Workers that take their time are not asked twice.
      if (isTicking) return;
      isTicking = true;
      void tick(feed).finally(() => {
        isTicking = false;
      });
    }, interval);
    const feed: Feed = { listeners: new Set(), timer };
    feeds.set(interval, feed);
    return feed;
  };

  const follow = (interval: number, to: LiveSink, first: Moment, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const feed = feedOf(interval);
      const end = () => leave();
      const leave = (error?: unknown) => {
        signal.removeEventListener('abort', end);
        feed.listeners.delete(listener);
        if (feed.listeners.size === 0) {
          clearInterval(feed.timer);
          feeds.delete(interval);
        }
        if (error === undefined) resolve();
        else reject(error);
      };
      const listener: Listener = { to, last: first, leave };
      feed.listeners.add(listener);
      signal.addEventListener('abort', end, { once: true });
      to.write(eventText(first, first));
    });

  return {
    get listeners() {
      return listeners;
    },
    async listen(interval, to, signal) {
      listeners++;
      try {
        const first = await moment();
        if (!signal.aborted) await follow(interval, to, first, signal);
      } finally {
        listeners--;
      }
    },
  };
}

/** One server-sent event; JSON has no line break in it. */
function eventText(now: Moment, before: Moment): string {
  const event: LiveEvent = {
    now: now.now,
    stats: now.stats,
    window: { duration: Math.round(now.at - before.at), ...statsWindow(now.raw, before.raw) },
  };
  return `event: live\ndata: ${JSON.stringify(event)}\n\n`;
}
