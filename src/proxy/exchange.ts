import type { Outcome, ServedFrom } from '../observe/outcome.ts';
import type { RequestSpan } from '../observe/span.ts';
import type { CacheStatus } from '../policy/cache-status.ts';
import type { RequestHead } from '../policy/request.ts';
import type { TraceWord } from '../policy/trace.ts';
import type { Bound } from './admission.ts';
import type { Downstream } from './ports.ts';
import type { MatchedRoute } from './route-table.ts';

/** One request on its way, and what it collects. */
export interface Exchange {
  readonly id: string;
  /** As the client sent it; once it is looked up, as it is keyed and sent (`request-fields: normalise`). */
  request: RequestHead;
  readonly downstream: Downstream;
  /** Monotonic, ms. */
  readonly startedAt: number;
  readonly trace: TraceWord[];
  route: MatchedRoute | undefined;
  /** Effective URL and cache key; empty until the route is known to cache. */
  url: string;
  key: string;
  cache: CacheStatus;
  servedFrom: ServedFrom;
  status: number;
  /** Body bytes handed downstream. */
  bytes: number;
  /** From sending the upstream request to its head; ms. */
  upstreamDuration: number | undefined;
  finished: boolean;
  /** undefined: it is not traced. */
  span: RequestSpan | undefined;
  /** Where it is counted until it is finished; undefined for what memory answered. */
  countedIn: Bound | undefined;
  /** Told once, when the exchange is over. */
  readonly observe: (outcome: Outcome) => void;
}

const UNDECIDED: CacheStatus = { hit: false };

export function createExchange(
  id: string,
  request: RequestHead,
  downstream: Downstream,
  startedAt: number,
  observe: (outcome: Outcome) => void,
): Exchange {
  return {
    id,
    request,
    downstream,
    startedAt,
    trace: [],
    route: undefined,
    url: '',
    key: '',
    cache: UNDECIDED,
    servedFrom: 'cacheside',
    status: 0,
    bytes: 0,
    upstreamDuration: undefined,
    finished: false,
    span: undefined,
    countedIn: undefined,
    observe,
  };
}

/** How an answer ended: complete, given up by its client, or cut off because there was no more of it. */
export type Ending = 'whole' | 'client-gone' | 'cut';

/** Closes the exchange: once, on every path. `now` is monotonic, ms. */
export function finish(x: Exchange, now: number, ending: Ending): void {
  if (x.finished) return;
  x.finished = true;
  if (x.countedIn !== undefined) x.countedIn.taken--;
  if (ending !== 'whole') x.trace.push(ending);
  const { method, scheme, authority, path, query } = x.request;
  x.observe({
    id: x.id,
    method,
    scheme,
    authority,
    target: query === '' ? path : `${path}?${query}`,
    url: x.url,
    route: x.route?.rule.name,
    status: x.status,
    servedFrom: x.servedFrom,
    cache: x.cache,
    trace: x.trace,
    duration: now - x.startedAt,
    upstreamDuration: x.upstreamDuration,
    bytes: x.bytes,
    aborted: ending !== 'whole',
  });
}
