import type { ContestResult, Measurement, Standing } from './measurement.ts';
import { median } from './statistics.ts';

/** One server's figures over all rounds of a scenario: medians, and the extremes of what is compared. */
export interface Row {
  readonly scenario: string;
  readonly server: string;
  readonly requestsPerSecond: number;
  /** Requests/s of Cacheside to this server's in the same round; undefined for Cacheside itself. */
  readonly ratio: Spread | undefined;
  /** The same without access log, which the others do not write either. */
  readonly ratioWithoutLog: Spread | undefined;
  /** Requests per second of processor time, Cacheside to this server; without access log where that was measured. */
  readonly cpuRatio: Spread | undefined;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly slowest: number;
  /** s. */
  readonly cpuPerMillion: number;
  /** Share of a core. */
  readonly busy: number;
  /** Bytes. */
  readonly peakMemory: number;
  readonly storedBytes: number;
  readonly upstreamRequests: number;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export const SHIPPED = 'Cacheside';
export const WITHOUT_LOG = 'Cacheside, no access log';

export const byRequests = (own: Measurement, other: Measurement): number =>
  own.requestsPerSecond / other.requestsPerSecond;

export const byProcessorTime = (own: Measurement, other: Measurement): number =>
  other.cpuPerMillion / own.cpuPerMillion;

export function rowsOf({ scenario, standings }: ContestResult): Row[] {
  const shipped = standings.find(({ server }) => server === SHIPPED);
  const withoutLog = standings.find(({ server }) => server === WITHOUT_LOG);
  return standings.map((standing) => {
    const { server, rounds, peakMemory } = standing;
    const middle = (figure: (measured: Measurement) => number) => median(rounds.map(figure));
    const against = (own: Standing | undefined, figure: typeof byRequests) =>
      own === undefined || own === standing ? undefined : compare(own, standing, figure);
    return {
      scenario,
      server,
      requestsPerSecond: middle((measured) => measured.requestsPerSecond),
      ratio: against(shipped, byRequests),
      ratioWithoutLog: against(withoutLog, byRequests),
      cpuRatio: against(withoutLog ?? shipped, byProcessorTime),
      p50: middle((measured) => measured.p50),
      p99: middle((measured) => measured.p99),
      p999: middle((measured) => measured.p999),
      slowest: middle((measured) => measured.slowest),
      cpuPerMillion: middle((measured) => measured.cpuPerMillion),
      busy: middle((measured) => measured.busy),
      peakMemory,
      storedBytes: middle((measured) => measured.storedBytes),
      upstreamRequests: middle((measured) => measured.upstreamRequests),
    };
  });
}

/** Rounds are compared one by one: what slowed the machine down in one slowed both. */
export function compare(
  own: Standing,
  other: Standing,
  figure: (own: Measurement, other: Measurement) => number,
): Spread | undefined {
  const ratios = own.rounds.flatMap((measured, i) => {
    const others = other.rounds[i];
    return others === undefined ? [] : [figure(measured, others)];
  });
  if (ratios.length === 0 || ratios.some(Number.isNaN)) return undefined;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
