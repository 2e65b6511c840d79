/** Keep-alive connections that each ask again as soon as they are answered. */
export interface Load {
  /** Scheme, host and port. */
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** Where the requests stand (request-plan.ts). */
  readonly file: string;
  /** Different for each load that a server is put under. */
  readonly turn: number;
}

/** Requests that are sent at their time, however long those before them take. */
export interface PacedLoad extends Load {
  /** Per second. */
  readonly rate: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** ms, from here on. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly slowest: number;
  /** Of all answers, heads and bodies. */
  readonly bytes: number;
  /** Failed connections, time-outs and statuses from 400 on. */
  readonly errors: number;
}
