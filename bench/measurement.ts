import type { LoadResult } from './load.ts';

/** One server under one load. Figures that a trial does not give are NaN. */
export interface Measurement extends LoadResult {
  /** Processor time of the server's processes per million requests; s. */
  readonly cpuPerMillion: number;
  /** Processor time of the server's processes per second: near 1 where its core was the limit. */
  readonly busy: number;
  readonly upstreamRequests: number;
  /** Bodies that are still stored, where that was counted; bytes. */
  readonly storedBytes: number;
}

/** One server in one scenario: its measurements, one a round. */
export interface Standing {
  readonly server: string;
  readonly rounds: readonly Measurement[];
  /** VmHWM at the end, of all its processes; bytes. */
  readonly peakMemory: number;
}

/** A scenario's standings: Cacheside's variants first. */
export interface ContestResult {
  readonly scenario: string;
  readonly standings: readonly Standing[];
}
