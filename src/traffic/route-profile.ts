import { redactTarget } from '../observe/redact.ts';
import { createRepetition, type Repetition } from './repetition.ts';
import type { TrafficRequest } from './traffic-request.ts';

/** What was seen of the requests that one pattern takes. */
export interface RouteProfile {
  readonly requests: number;
  /** GET and HEAD. */
  readonly reads: number;
  /** Of other methods, those that were carried out (2xx, 3xx), by method. */
  readonly writes: ReadonlyMap<string, number>;
  /** Reads that were answered so. */
  readonly succeeded: number;
  readonly notFound: number;
  /** Reads that named a user. */
  readonly withUser: number;
  /** Requests with a query parameter that looks like a secret. */
  readonly withSecret: number;
  /** Reads that had each query parameter. */
  readonly parameters: ReadonlyMap<string, number>;
  readonly repetition: Repetition;
}

export interface RouteProfileCount extends RouteProfile {
  add(request: TrafficRequest, path: string, query: string, time: number): void;
}

const MOST_PARAMETERS = 40;

/** Parameters that tell where a visitor came from, and change nothing of an answer. */
const TRACKING =
  /^(?:utm_.*|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|mc_[ce]id|_ga|_gl|_hs(?:enc|mi)|vero_id|mkt_tok|_)$/i;

export function isTracking(parameter: string): boolean {
  return TRACKING.test(parameter);
}

export function createRouteProfile(): RouteProfileCount {
  const writes = new Map<string, number>();
  const parameters = new Map<string, number>();
  const repetition = createRepetition();
  const counts = { requests: 0, reads: 0, succeeded: 0, notFound: 0, withUser: 0, withSecret: 0 };
  return {
    get requests() {
      return counts.requests;
    },
    get reads() {
      return counts.reads;
    },
    get succeeded() {
      return counts.succeeded;
    },
    get notFound() {
      return counts.notFound;
    },
    get withUser() {
      return counts.withUser;
    },
    get withSecret() {
      return counts.withSecret;
    },
    writes,
    parameters,
    repetition,
    add({ method, target, authority = '', status = 200, bytes, hasUser }, path, query, time) {
      counts.requests++;
      if (query !== '' && redactTarget(target).includes('=[redacted]')) counts.withSecret++;
      if (method !== 'GET' && method !== 'HEAD') {
        if (method !== 'OPTIONS' && status >= 200 && status < 400)
          writes.set(method, (writes.get(method) ?? 0) + 1);
        return;
      }
      counts.reads++;
      if (hasUser) counts.withUser++;
      if (status === 404 || status === 410) counts.notFound++;
      if (status < 400) counts.succeeded++;
      const kept = query === '' ? '' : countParameters(query, parameters);
      if (status >= 400) return;
      repetition.add(
        `${authority}${path}?${kept}`,
        time,
        method === 'GET' && status === 200 ? bytes : undefined,
      );
    },
  };
}

/** Returns the query without what tracks, in order of names. */
function countParameters(query: string, parameters: Map<string, number>): string {
  const kept: string[] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [name = ''] = pair.split('=', 1);
    const before = parameters.get(name);
    if (before !== undefined || parameters.size < MOST_PARAMETERS) parameters.set(name, (before ?? 0) + 1);
    if (!isTracking(name)) kept.push(pair);
  }
  return kept.sort().join('&');
}
