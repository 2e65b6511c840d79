import type { Clock } from '../clock.ts';
import { UPSTREAM_FAILURES, type UpstreamError, type UpstreamFailure } from '../errors.ts';
import {
  addLatency,
  createLatency,
  type LatencySnapshot,
  latencySnapshot,
  type RawLatency,
} from './latency.ts';
import { STATUS_CLASSES, type StatusClass, statusClass } from './status-class.ts';

/** How the upstream has answered since the start, background work included. */
export interface UpstreamHealth {
  /** Exchanges that failed, by what failed. */
  readonly failures: Readonly<Record<UpstreamFailure, number>>;
  /** The latest of them; null: none has. */
  readonly last: LastFailure | null;
  /** From a request to the head of its answer. */
  readonly responseTime: LatencySnapshot;
  /** Heads of answers by the class of their status. */
  readonly statuses: Readonly<Record<StatusClass, number>>;
}

export interface LastFailure {
  readonly failure: UpstreamFailure;
  /** ms since the epoch. */
  readonly at: number;
  /** For people. */
  readonly why: string;
}

/** The numbers behind it, as plain data that another process can add up. */
export interface RawUpstream {
  /** By place in UPSTREAM_FAILURES. */
  readonly failures: readonly number[];
  readonly last: LastFailure | null;
  readonly responseTime: RawLatency;
  /** By place in STATUS_CLASSES. */
  readonly statuses: readonly number[];
}

export interface UpstreamRecord {
  /** The head of an answer came, `duration` ms after its request was sent. */
  answered(status: number, duration: number): void;
  failed(error: UpstreamError): void;
  raw(): RawUpstream;
}

/** Longest reason that is kept, in characters. */
const MAX_REASON = 300;

/** Counts what came of requests to the upstream. Counting an answer allocates nothing. */
export function createUpstreamRecord(clock: Pick<Clock, 'now'>): UpstreamRecord {
  const failures = new Float64Array(UPSTREAM_FAILURES.length);
  const statuses = new Float64Array(STATUS_CLASSES.length);
  const responseTime = createLatency(2);
  let last: LastFailure | null = null;
  return {
    answered(status, duration) {
      const index = statusClass(status);
      statuses[index] = (statuses[index] as number) + 1;
      responseTime.record(duration);
    },
    failed(error) {
      const { failure, message, cause } = error;
      const index = UPSTREAM_FAILURES.indexOf(failure);
      failures[index] = (failures[index] as number) + 1;
      const { message: reason = '' } = (cause ?? {}) as { message?: string };
      const why = reason === '' ? message : `${message} (${reason.slice(0, MAX_REASON)})`;
      last = { failure, at: clock.now(), why };
    },
    raw: () => ({ failures: [...failures], last, responseTime: responseTime.raw(), statuses: [...statuses] }),
  };
}

/** What `/stats` shows of these numbers. */
export function upstreamHealth({ failures, last, responseTime, statuses }: RawUpstream): UpstreamHealth {
  return {
    failures: byName(UPSTREAM_FAILURES, failures),
    last,
    responseTime: latencySnapshot(responseTime),
    statuses: byName(STATUS_CLASSES, statuses),
  };
}

/** Both together; `last` is the later one. */
export function addUpstream(a: RawUpstream, b: RawUpstream): RawUpstream {
  return {
    failures: a.failures.map((count, i) => count + (b.failures[i] ?? 0)),
    last: (b.last?.at ?? 0) > (a.last?.at ?? 0) ? b.last : a.last,
    responseTime: addLatency(a.responseTime, b.responseTime),
    statuses: a.statuses.map((count, i) => count + (b.statuses[i] ?? 0)),
  };
}

function byName<Name extends string>(
  names: readonly Name[],
  counts: readonly number[],
): Record<Name, number> {
  return Object.fromEntries(names.map((name, i) => [name, counts[i] ?? 0])) as Record<Name, number>;
}
