import type {
  MemoryFigures,
  MemoryResult,
  RouteResult,
  SimulationResult,
} from '../traffic/simulation-result.ts';
import { countOf, formatBytes, formatCount, formatShare, formatSpan } from './amounts.ts';
import { bar, columns, type Line, type Paper, paint } from './paint.ts';
import { section, wrapped } from './section.ts';
import { visibleText } from './visible-text.ts';

interface Told {
  /** Of the configuration, bytes; null: it has no memory tier. */
  readonly memoryLimit: number | null;
  readonly assumptions: readonly string[];
}

const WIDEST = 120;
const BAR = 24;

/** What a replay came to, for people. */
export function describeSimulation(
  result: SimulationResult,
  { memoryLimit, assumptions }: Told,
  paper: Paper,
): string {
  const { memories, routes } = result;
  const shown = memories.find(({ limit }) => limit === memoryLimit) ?? memories.at(-1);
  const width = Math.min(paper.width, WIDEST);
  const lines: Line[] = [
    ...header(result, shown),
    ...(shown === undefined ? [] : routeTable(routes, shown)),
    ...section('why the upstream was asked', whys(routes, shown)),
    ...section('by memory limit', curve(memories, memoryLimit)),
    [needed(result)],
    ...section(
      'what a log does not tell, and what was assumed',
      assumptions.flatMap((text) =>
        wrapped(text, width - 2).map((line, i): Line => [i === 0 ? '- ' : '  ', ...line]),
      ),
    ),
  ];
  return `${lines.map((line) => paint(line, { ...paper, width: Number.POSITIVE_INFINITY })).join('\n')}\n`;
}

function header({ requests, from, until }: SimulationResult, shown: MemoryResult | undefined): Line[] {
  const span =
    from === null || until === null
      ? ''
      : `, ${moment(from)} to ${moment(until)} (${formatSpan(until - from)})`;
  const limit =
    shown === undefined || shown.limit === null
      ? 'without a memory limit'
      : `with ${formatBytes(shown.limit)} of memory`;
  return [[`${countOf(requests, 'request')}${span}`], [], [{ text: `by route, ${limit}`, style: 'bold' }]];
}

function moment(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').replace(/\..*/, 'Z');
}

const HEADINGS = [
  'route',
  'requests',
  'hit ratio',
  'hits',
  'to the upstream',
  'bytes saved',
  'URLs',
  'memory needed',
];
const NUMBERS = new Set([1, 2, 3, 4, 5, 6, 7]);

function routeTable(routes: readonly RouteResult[], { routes: byRoute, total }: MemoryResult): Line[] {
  const asked = routes.filter(({ requests }) => requests > 0);
  const rows = asked.map(({ route, requests, passes, urls, neededMemory }): Line => {
    const figures = byRoute[route];
    return [
      visibleText(route),
      formatCount(requests),
      formatShare(figures?.hitRate ?? null),
      formatCount(figures?.hits ?? 0),
      formatCount(figures?.upstreamRequests ?? passes),
      formatBytes(figures?.bytesSaved ?? 0),
      urls === 0 ? '-' : formatCount(urls),
      neededMemory === null || neededMemory === 0 ? '-' : formatBytes(neededMemory),
    ];
  });
  const sum = (of: (route: RouteResult) => number) => asked.reduce((all, route) => all + of(route), 0);
  const last: Line = [
    'all',
    formatCount(sum(({ requests }) => requests)),
    formatShare(total.hitRate),
    formatCount(total.hits),
    formatCount(total.upstreamRequests),
    formatBytes(total.bytesSaved),
    formatCount(sum(({ urls }) => urls)),
    '',
  ];
  const heading: Line = HEADINGS.map((text) => ({ text, style: 'dim' }));
  const idle = routes
    .filter(({ route, requests }) => requests === 0 && route in byRoute)
    .map(({ route }) => route);
  const table = columns(rows.length === 1 ? [heading, ...rows] : [heading, ...rows, last], NUMBERS);
  return idle.length === 0
    ? table
    : [...table, [{ text: `not asked for: ${visibleText(idle.join(', '))}`, style: 'dim' }]];
}

/** The words of Cache-Status, most frequent first. */
function whys(routes: readonly RouteResult[], shown: MemoryResult | undefined): Line[] {
  const rows = routes.flatMap(({ route, refused, why }): Line[] => {
    const words = [...Object.entries(why), ...Object.entries(shown?.routes[route]?.why ?? {})];
    if (refused > 0) words.push(['refused', refused]);
    if (words.length === 0) return [];
    const counted = words
      .sort(([, a], [, b]) => b - a)
      .map(([word, count]) => `${formatCount(count)} ${word}`);
    return [[visibleText(route), counted.join(' · ')]];
  });
  return columns(rows, new Set());
}

function curve(memories: readonly MemoryResult[], own: number | null): Line[] {
  const heading: Line = ['limit', 'hit ratio', '', 'to the upstream', 'bytes saved', 'evictions', ''].map(
    (text) => ({ text, style: 'dim' }),
  );
  const rows = memories.map(
    ({ limit, total, evictions }): Line => [
      limit === null ? 'no limit' : formatBytes(limit),
      formatShare(total.hitRate),
      barOf(total),
      formatCount(total.upstreamRequests),
      formatBytes(total.bytesSaved),
      formatCount(evictions),
      limit !== null && limit === own ? { text: '← memory.limit', style: 'green' } : '',
    ],
  );
  return columns([heading, ...rows], new Set([0, 1, 3, 4, 5]));
}

function barOf({ hitRate }: MemoryFigures): string {
  return bar(hitRate ?? 0, BAR);
}

function needed({ neededMemory }: SimulationResult): string {
  if (neededMemory === null) return 'without a limit more would be held at once than can be followed here';
  return neededMemory === 0
    ? 'nothing was stored'
    : `at most ${formatBytes(neededMemory)} were held at once where nothing was evicted`;
}
