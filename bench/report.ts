import type { ContestResult, Measurement, Standing } from './contest.ts';
import type { Machine } from './machine.ts';
import { median } from './statistics.ts';

/** A whole run, as it is written to bench/results/. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** In words: rounds, seconds, connections, cores. */
  readonly method: string;
  readonly results: readonly ContestResult[];
}

/** One server's figures over all rounds: medians, and the extremes of what is compared. */
export interface Row {
  readonly scenario: string;
  readonly server: string;
  readonly requestsPerSecond: number;
  /** Requests/s to the peer's in the same round; undefined for the peer itself. */
  readonly ratio: Spread | undefined;
  /** Requests per second of processor time, to the peer's in the same round. */
  readonly cpuRatio: Spread | undefined;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  /** s. */
  readonly cpuPerMillion: number;
  /** Bytes. */
  readonly peakMemory: number;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function rowsOf({ scenario, standings }: ContestResult): Row[] {
  const peer = standings.at(-1);
  return standings.map((standing) => {
    const { server, rounds, peakMemory } = standing;
    const middle = (figure: (measured: Measurement) => number) => median(rounds.map(figure));
    const against = (figure: (own: Measurement, peers: Measurement) => number) =>
      standing === peer || peer === undefined ? undefined : spread(standing, peer, figure);
    return {
      scenario,
      server,
      requestsPerSecond: middle((measured) => measured.requestsPerSecond),
      ratio: against((own, peers) => own.requestsPerSecond / peers.requestsPerSecond),
      cpuRatio: against((own, peers) => peers.cpuPerMillion / own.cpuPerMillion),
      p50: middle((measured) => measured.p50),
      p99: middle((measured) => measured.p99),
      cpuPerMillion: middle((measured) => measured.cpuPerMillion),
      peakMemory,
    };
  });
}

/** Rounds are compared one by one: what slowed the machine down in one slowed both. */
function spread(
  standing: Standing,
  peer: Standing,
  figure: (own: Measurement, peers: Measurement) => number,
): Spread {
  const ratios = standing.rounds.map((own, i) => figure(own, peer.rounds[i] as Measurement));
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

const HEADINGS = [
  ...['scenario', 'server', 'requests/s', 'ratio to peer', 'per CPU-second'],
  ...['p50 ms', 'p99 ms', 'CPU s per million', 'peak RSS MiB'],
];

function cellsOf(row: Row): string[] {
  return [
    row.scenario,
    row.server,
    Math.round(row.requestsPerSecond).toLocaleString('en'),
    row.ratio === undefined ? 'peer' : formatSpread(row.ratio),
    row.cpuRatio === undefined ? 'peer' : row.cpuRatio.median.toFixed(2),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.cpuPerMillion.toFixed(1),
    (row.peakMemory / 2 ** 20).toFixed(0),
  ];
}

function formatSpread({ median: middle, least, most }: Spread): string {
  return `${middle.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

/** The rows as a Markdown table, which a terminal shows aligned. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)));
  const format = (cells: readonly string[]) =>
    `| ${cells.map((text, i) => (i < 2 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i < 2 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [heading = [], ...body] = lines;
  return [format(heading), rule, ...body.map(format)].join('\n');
}

/** The part of docs/performance.md that a run writes. */
export function formatMarkdown({ date, machine, method, results }: Report): string {
  const { model, cores, memory, system, node, tools } = machine;
  const processor = `${model}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GiB`;
  return [
    `Measured on ${date.slice(0, 10)}: ${processor}, ${system}; ${[`Node ${node}`, ...tools].join(', ')}.`,
    `${method}.`,
    '',
    formatTable(results.flatMap(rowsOf)),
  ].join('\n');
}
