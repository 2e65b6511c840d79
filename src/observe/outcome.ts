import type { CacheStatus } from '../policy/cache-status.ts';
import type { TraceWord } from '../policy/trace.ts';

/** Where the bytes of an answer came from. */
export type ServedFrom = 'memory' | 'redis' | 'upstream' | 'cacheside';

/** The record of one finished exchange: what log, metrics and stats are told, once per request. */
export interface Outcome {
  readonly id: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** Path and query as received; may hold control characters and secrets: escape, redact. */
  readonly target: string;
  /** Effective URL, with the query that counts; empty where it was not looked up. */
  readonly url: string;
  /** Name of the matched route; undefined where none matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly servedFrom: ServedFrom;
  readonly cache: CacheStatus;
  readonly trace: readonly TraceWord[];
  /** From the parsed head to the last byte handed to the socket; ms. */
  readonly duration: number;
  /** From sending the upstream request to its head; ms; undefined where none was sent. */
  readonly upstreamDuration: number | undefined;
  /** Body bytes sent downstream. */
  readonly bytes: number;
  /** Why it never got in, where the door refused it. */
  readonly why?: string;
  /** The answer was not complete when it ended. */
  readonly aborted: boolean;
}

/** Told of each finished exchange. Must not throw and must not block. */
export type Observer = (outcome: Outcome) => void;

/** The record of a request that was refused before it could be looked at. */
export function refusedOutcome(
  request: Pick<Outcome, 'id' | 'method' | 'target' | 'status' | 'bytes'> & { readonly why: string },
): Outcome {
  return {
    ...request,
    scheme: 'http',
    authority: '',
    url: '',
    route: undefined,
    servedFrom: 'cacheside',
    cache: { hit: false },
    trace: ['refused'],
    duration: 0,
    upstreamDuration: undefined,
    aborted: false,
  };
}
