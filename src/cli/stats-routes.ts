import type { Tally } from '../observe/raw-stats.ts';
import { countOf, formatBytes, formatCount, formatMs, formatRateOf, formatShare } from './amounts.ts';
import { columns, type Line } from './paint.ts';
import type { Figures } from './stats-view.ts';
import { visibleText } from './visible-text.ts';

/** One column: what it shows of a route, and from which width on. */
interface Column {
  readonly heading: string;
  readonly from: number;
  show(tally: Tally, duration: number): string;
}

const COLUMNS: readonly Column[] = [
  { heading: 'rate', from: 0, show: ({ requests }, duration) => formatRateOf(requests, duration) },
  { heading: 'hit ratio', from: 0, show: ({ hitRate }) => formatShare(hitRate) },
  { heading: 'hits p99', from: 72, show: ({ responseTime }) => formatMs(responseTime.hits.p99) },
  { heading: 'fwd p99', from: 60, show: ({ responseTime }) => formatMs(responseTime.forwarded.p99) },
  { heading: 'requests', from: 50, show: ({ requests }) => formatCount(requests) },
  { heading: 'spared', from: 84, show: ({ hits }) => formatCount(hits) },
  { heading: 'saved', from: 66, show: ({ bytesSaved }) => formatBytes(bytesSaved) },
];

/** Longest name that is not cut. */
const NAME = 32;

/** A row for each route, most asked for first, under a heading; those that nobody asked for are only counted. */
export function routeTable({ stats, window }: Figures, width: number): Line[] {
  const duration = window?.duration ?? stats.uptime;
  const tallies = Object.entries((window ?? stats).routes);
  const asked = tallies
    .filter(([, { requests }]) => requests > 0)
    .sort(([, a], [, b]) => b.requests - a.requests);
  const shown = COLUMNS.filter(({ from }) => width >= from);
  const heading: Line = ['route', ...shown.map((column) => column.heading)].map((text) => ({
    text,
    style: 'dim' as const,
  }));
  const rows = asked.map(
    ([name, tally]): Line => [
      [...visibleText(name)].slice(0, NAME).join(''),
      ...shown.map((column) => column.show(tally, duration)),
    ],
  );
  const numbers = new Set(shown.map((_, i) => i + 1));
  const rest = tallies.length - asked.length;
  const idle =
    rest === 0 ? [] : [[{ text: `${countOf(rest, 'route')} without requests`, style: 'dim' as const }]];
  return [...columns([heading, ...rows], numbers), ...idle];
}
