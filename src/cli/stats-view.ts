import type { LiveWindow } from '../admin/live-event.ts';
import type { AdminStats } from '../admin/ports.ts';
import type { LatencySnapshot } from '../observe/latency.ts';
import type { Tally } from '../observe/raw-stats.ts';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRateOf,
  formatShare,
  formatSpan,
  perSecond,
} from './amounts.ts';
import { flow, type Labelled } from './flow.ts';
import { columns, type Line, sparkline } from './paint.ts';
import { routeTable } from './stats-routes.ts';
import { tierLines } from './stats-tiers.ts';

/** What is shown: all since the start, and with a window what happened within it. */
export interface Figures {
  readonly stats: AdminStats;
  /** ms since the epoch. */
  readonly now: number;
  readonly window?: LiveWindow;
  /** Windows up to this one, the oldest first. */
  readonly past?: readonly LiveWindow[];
}

/** Little columns in a line. */
const SPARKS = 24;
/** Widths from which on there is room for them, and for all percentiles. */
const WIDE = 72;
const MEDIUM = 58;

/** The figures, without the routes: those that `routeTable` makes may be too many to show. */
export function statsLines(figures: Figures, width: number): Line[] {
  const { stats, now } = figures;
  return [
    ...traffic(figures, width).flatMap((labelled) => flow(labelled, width)),
    [],
    ...responseTimes(figures, width),
    [],
    ...tierLines(stats, now).flatMap((labelled) => flow(labelled, width)),
  ];
}

/** All of it, as `cacheside stats` prints it. */
export function wholeStats(figures: Figures, width: number): Line[] {
  return [...statsLines(figures, width), [], ...routeTable(figures, width)];
}

function traffic({ stats, window, past = [] }: Figures, width: number): Labelled[] {
  const shown: Tally = window ?? stats;
  const duration = window?.duration ?? stats.uptime;
  const recent = past.length > 1 && width >= WIDE ? past.slice(-SPARKS) : [];
  const rates = recent.map((each) => perSecond(each.requests, each.duration));
  const ratios = recent.map(({ hitRate }) => hitRate ?? 0);
  const total = (text: string): Line[] =>
    window === undefined ? [] : [[{ text: `${text} since start`, style: 'dim' }]];
  return [
    {
      label: 'requests',
      pieces: [
        [formatRateOf(shown.requests, duration).padEnd(10)],
        ...sparks(rates, Math.max(...rates)),
        ...total(formatCount(stats.requests)),
        ...(window === undefined ? [[`${formatCount(stats.requests)} in ${formatSpan(stats.uptime)}`]] : []),
      ],
    },
    {
      label: 'hit ratio',
      pieces: [
        [{ text: formatShare(shown.hitRate).padEnd(10), style: 'bold' }],
        ...sparks(ratios, 1),
        ...total(formatShare(stats.hitRate)),
      ],
    },
    { label: 'outcomes', pieces: outcomes(shown) },
    {
      label: 'bodies',
      pieces: [...bodies(shown, window?.duration), ...total(`${formatBytes(stats.bytesSaved)} saved`)],
    },
  ];
}

function sparks(values: readonly number[], most: number): Line[] {
  return values.length === 0 ? [] : [[{ text: sparkline(values, most).padEnd(SPARKS), style: 'cyan' }]];
}

/** The outcomes that occurred, by the words of log and metrics. */
function outcomes({ outcomes: counts, requests }: Tally): Line[] {
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  if (seen.length === 0) return [['-']];
  return seen.map(([word, count]) => {
    const text = `${word} ${formatShare(count / requests)}`;
    return word === 'error' ? [{ text, style: 'red' }] : [text];
  });
}

/** `duration` of a window, ms. */
function bodies({ bytesServed, bytesSaved }: Tally, duration: number | undefined): Line[] {
  const amount = (bytes: number) =>
    duration === undefined ? formatBytes(bytes) : `${formatBytes(perSecond(bytes, duration))}/s`;
  return [[`${amount(bytesServed)} served`], [`${amount(bytesSaved)} from the cache`]];
}

function responseTimes({ stats, window }: Figures, width: number): Line[] {
  const { hits, forwarded } = (window ?? stats).responseTime;
  const shown = width < MEDIUM ? PERCENTILES.filter(([, isVital]) => isVital) : PERCENTILES;
  const row = (name: string, times: LatencySnapshot): Line => [
    name,
    ...shown.map(([, , of]) => formatMs(times[of])),
  ];
  const heading = ['response time', ...shown.map(([name]) => name)].map((text) => ({
    text,
    style: 'dim' as const,
  }));
  const right = new Set(shown.map((_, i) => i + 1));
  return columns([heading, row('  hits', hits), row('  forwarded', forwarded)], right);
}

const PERCENTILES: readonly (readonly [
  name: string,
  isVital: boolean,
  of: Exclude<keyof LatencySnapshot, 'count'>,
])[] = [
  ['p50', true, 'p50'],
  ['p90', false, 'p90'],
  ['p99', true, 'p99'],
  ['p99.9', false, 'p999'],
  ['max', false, 'max'],
];
