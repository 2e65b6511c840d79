import { BAR, judgeBar, type Verdict } from './bar.ts';
import type { Machine } from './machine.ts';
import { formatTable } from './markdown-table.ts';
import type { ContestResult } from './measurement.ts';
import { type Row, rowsOf, type Spread } from './row.ts';

/** A whole run, as it is written to bench/results/. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** In words: rounds, seconds, connections, cores. */
  readonly method: string;
  /** Every scenario has run to its end. */
  readonly whole: boolean;
  readonly results: readonly ContestResult[];
}

interface Column {
  readonly heading: string;
  /** Empty where there is nothing to say. */
  cell(row: Row): string;
}

const COLUMNS: readonly Column[] = [
  { heading: 'server', cell: ({ server }) => server },
  { heading: 'requests/s', cell: (row) => figure(row.requestsPerSecond, 0) },
  { heading: 'Cacheside ÷ it', cell: (row) => formatSpread(row.ratio) },
  { heading: 'no access log ÷ it', cell: (row) => formatSpread(row.ratioWithoutLog) },
  {
    heading: 'per CPU-second',
    cell: ({ cpuRatio }) => (cpuRatio === undefined ? '' : cpuRatio.median.toFixed(2)),
  },
  { heading: 'p50 ms', cell: (row) => figure(row.p50, 2) },
  { heading: 'p99 ms', cell: (row) => figure(row.p99, 2) },
  { heading: 'p99.9 ms', cell: (row) => figure(row.p999, 2) },
  { heading: 'slowest ms', cell: (row) => figure(row.slowest, 1) },
  { heading: 'upstream requests', cell: (row) => figure(row.upstreamRequests, 0) },
  { heading: 'CPU s per million', cell: (row) => figure(row.cpuPerMillion, 1) },
  { heading: 'core busy', cell: ({ busy }) => (Number.isNaN(busy) ? '' : `${Math.round(busy * 100)} %`) },
  { heading: 'peak RSS MiB', cell: (row) => figure(row.peakMemory / 2 ** 20, 0) },
  { heading: 'still stored MiB', cell: (row) => figure(row.storedBytes / 2 ** 20, 0) },
];

function figure(value: number, digits: number): string {
  if (Number.isNaN(value)) return '';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function formatSpread(spread: Spread | undefined): string {
  if (spread === undefined) return '';
  const { median: middle, least, most } = spread;
  return `${middle.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

/** A table of one scenario, without the columns that say nothing. */
export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map((row) => COLUMNS.map((column) => column.cell(row)));
  const told = COLUMNS.map((_, i) => cells.some((line) => line[i] !== ''));
  const keep = <T>(line: readonly T[]) => line.filter((_, i) => told[i]);
  return formatTable(keep(COLUMNS.map(({ heading }) => heading)), cells.map(keep));
}

/** The bar and what was measured of it; of a run that is not whole, of its scenarios. */
export function formatBar(results: readonly ContestResult[], whole: boolean): string {
  const names = new Set(results.map(({ scenario }) => scenario));
  const lines = BAR.filter(({ scenario }) => whole || names.has(scenario)).map((demand) => {
    const { withoutLog, shipped, perCpu, verdict } = judgeBar(demand, results);
    return [demand.text, withoutLog, shipped, perCpu, VERDICTS[verdict]];
  });
  return formatTable(['bar', 'no access log', 'as shipped', 'per CPU-second', ''], lines);
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  met: 'met',
  'met-by-processor-time': 'met per CPU-second: the load’s core was the limit',
  missed: 'not met',
  unmeasured: 'not measured',
};

/** All tables; in docs/performance.md and on the terminal. */
export function formatReport({ date, machine, method, whole, results }: Report): string {
  const { model, cores, memory, system, node, tools } = machine;
  const processor = `${model}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GiB`;
  const tables = results.flatMap((result) => [`### ${result.scenario}`, '', formatRows(rowsOf(result)), '']);
  return [
    `Measured on ${date.slice(0, 10)}: ${processor}, ${system}; ${[`Node ${node}`, ...tools].join(', ')}.`,
    `${method}.`,
    '',
    '### Bar',
    '',
    formatBar(results, whole),
    '',
    ...tables,
  ]
    .join('\n')
    .trimEnd();
}
