import { createLiveFeeds } from './live-feeds.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Endpoint } from './router.ts';
import { wholeNumber } from './whole-number.ts';

/** Streams at once. Each holds a connection of the port, which has room for many more. */
export const MOST_LISTENERS = 32;

/** ms between two events. */
const INTERVAL = { least: 250, most: 60_000, otherwise: 1_000 };

/** `GET /live`: the figures of `/stats` again and again, as server-sent events, with what happened in between. */
export function liveEndpoint({ figures, clock }: AdminParts): Endpoint {
  const feeds = createLiveFeeds(figures, clock);
  return {
    path: '/live',
    method: 'GET',
    scope: 'read',
    query: ['interval'],
    handle({ query, signal }) {
      const interval = wholeNumber(query, 'interval', INTERVAL);
      if (feeds.listeners >= MOST_LISTENERS) {
        throw new ProblemError(503, `${MOST_LISTENERS} listen already.`, {}, { 'retry-after': '10' });
      }
      return {
        status: 200,
        body: undefined,
        contentType: 'text/event-stream',
        // Proxies on the way are not to gather events.
        headers: { 'x-accel-buffering': 'no' },
        stream: (to) => feeds.listen(interval, to, signal),
      };
    },
  };
}
