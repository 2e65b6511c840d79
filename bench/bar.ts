import type { ContestResult, Measurement, Standing } from './measurement.ts';
import { PEER_NAMES, type PeerId } from './peer.ts';
import { byProcessorTime, byRequests, compare, SHIPPED, WITHOUT_LOG } from './row.ts';
import { median } from './statistics.ts';

/** What Cacheside is to reach in a scenario. */
export interface Demand {
  /** As readers know it. */
  readonly text: string;
  readonly scenario: string;
  readonly figure: Figure;
  readonly bound: number;
}

type Figure =
  /** Requests/s to those of the fastest of these peers, at least. */
  | { readonly kind: 'requests'; readonly peers: readonly PeerId[] }
  /** A time to the peer's, at most. */
  | { readonly kind: 'time'; readonly at: 'p99' | 'p999'; readonly peers: readonly PeerId[] }
  /** A figure of Cacheside's own. */
  | {
      readonly kind: 'at-most' | 'at-least';
      readonly of: (standing: Standing) => number;
      readonly unit: string;
    };

const MIB = 2 ** 20;
const NODE_PEERS: readonly PeerId[] = ['lru-cache', 'undici-cache'];

const middle = (of: (measured: Measurement) => number) => (standing: Standing) =>
  median(standing.rounds.map(of));

function requests(scenario: string, bound: number, ...peers: readonly PeerId[]): Demand {
  const name = peers.length > 1 ? 'the best Node peer' : PEER_NAMES[peers[0] as PeerId];
  return {
    text: `${scenario} ≥ ${bound.toFixed(1)} × ${name}`,
    scenario,
    figure: { kind: 'requests', peers },
    bound,
  };
}

export const BAR: readonly Demand[] = [
  requests('hit 1 KiB', 1, 'nginx'),
  requests('hit 1 KiB', 2, 'varnish'),
  requests('hit 1 KiB', 1.7, 'bare'),
  requests('Zipf, ten fields', 1, 'nginx'),
  requests('Zipf, ten fields', 1.5, 'varnish'),
  requests('hit 100 KiB', 1, 'varnish'),
  requests('hit 100 KiB', 0.8, 'nginx'),
  requests('304', 0.8, 'nginx'),
  requests('1,000 connections', 0.8, 'nginx'),
  {
    text: 'paced 5,000/s: p99 ≤ 2 × nginx’s',
    scenario: 'paced 5,000/s',
    figure: { kind: 'time', at: 'p99', peers: ['nginx'] },
    bound: 2,
  },
  {
    text: 'expiry: p99.9 ≤ Varnish’s',
    scenario: 'expiry',
    figure: { kind: 'time', at: 'p999', peers: ['varnish'] },
    bound: 1,
  },
  requests('miss, stored', 1.2, 'varnish'),
  requests('miss, stored', 1.4, ...NODE_PEERS),
  requests('pass', 1.2, 'varnish'),
  requests('pass', 1.4, ...NODE_PEERS),
  requests('Redis hit', 0.6, 'ioredis-loop'),
  requests('Redis hit', 1.5, 'bentocache'),
  {
    text: 'stampede of 500: one upstream request',
    scenario: 'stampede',
    figure: {
      kind: 'at-most',
      of: (standing) => Math.max(...standing.rounds.map((r) => r.upstreamRequests)),
      unit: '',
    },
    bound: 1,
  },
  {
    text: 'stampede: the last answer within 1.2 × the upstream’s 500 ms',
    scenario: 'stampede',
    figure: { kind: 'at-most', of: middle(({ slowest }) => slowest / 500), unit: ' ×' },
    bound: 1.2,
  },
  {
    text: 'overfull memory: peak RSS ≤ 256 + 130 MiB',
    scenario: 'overfull memory',
    figure: { kind: 'at-most', of: ({ peakMemory }) => peakMemory / MIB, unit: ' MiB' },
    bound: 386,
  },
  {
    text: 'overfull memory: ≥ 230 MiB still hit',
    scenario: 'overfull memory',
    figure: { kind: 'at-least', of: middle(({ storedBytes }) => storedBytes / MIB), unit: ' MiB' },
    bound: 230,
  },
  {
    text: 'start to first answer ≤ 0.5 s',
    scenario: 'start',
    figure: { kind: 'at-most', of: middle(({ slowest }) => slowest / 1000), unit: ' s' },
    bound: 0.5,
  },
];

export type Verdict = 'met' | 'met-by-processor-time' | 'missed' | 'unmeasured';

/** What was measured of a demand, in words; empty where it was not. */
export interface Judgement {
  readonly withoutLog: string;
  readonly shipped: string;
  readonly perCpu: string;
  readonly verdict: Verdict;
}

/** Below this share of a core, a server waited for its load, and requests/s say little of it. */
const BUSY = 0.9;

/**
 * Compares a demand with what was measured: without access log, as its peers are measured, and where that was
 * not measured as shipped.
 */
export function judgeBar({ scenario, figure, bound }: Demand, results: readonly ContestResult[]): Judgement {
  const standings = results.find((result) => result.scenario === scenario)?.standings ?? [];
  const find = (name: string) => standings.find(({ server }) => server === name);
  const shipped = measuredValue(find(SHIPPED), figure, standings);
  const own = find(WITHOUT_LOG) ?? find(SHIPPED);
  const withoutLog = measuredValue(find(WITHOUT_LOG), figure, standings);
  const value = withoutLog ?? shipped;
  const unit = 'unit' in figure ? figure.unit : ' ×';
  const show = (some: number | undefined) => (some === undefined ? '' : `${Number(some.toFixed(2))}${unit}`);
  const perCpu =
    figure.kind === 'requests' ? ratio(own, figure.peers, standings, byProcessorTime) : undefined;
  const shown = { withoutLog: show(withoutLog), shipped: show(shipped), perCpu: show(perCpu) };
  if (value === undefined || own === undefined) return { ...shown, verdict: 'unmeasured' };
  const enough = (some: number) =>
    figure.kind === 'requests' || figure.kind === 'at-least' ? some >= bound : some <= bound;
  if (enough(value)) return { ...shown, verdict: 'met' };
  const idle = median(own.rounds.map(({ busy }) => busy)) < BUSY;
  const spared = idle && perCpu !== undefined && enough(perCpu);
  return { ...shown, verdict: spared ? 'met-by-processor-time' : 'missed' };
}

function measuredValue(
  own: Standing | undefined,
  figure: Figure,
  standings: readonly Standing[],
): number | undefined {
  if (own === undefined || own.rounds.length === 0) return undefined;
  switch (figure.kind) {
    case 'requests':
      return ratio(own, figure.peers, standings, byRequests);
    case 'time':
      return ratio(own, figure.peers, standings, (mine, other) => mine[figure.at] / other[figure.at]);
    case 'at-most':
    case 'at-least':
      return figure.of(own);
    default:
      return figure satisfies never;
  }
}

/** The median over the rounds, to the peer that leaves the least of it. */
function ratio(
  own: Standing | undefined,
  peers: readonly PeerId[],
  standings: readonly Standing[],
  figure: (own: Measurement, other: Measurement) => number,
): number | undefined {
  const ratios = peers.flatMap((id) => {
    const other = standings.find(({ server }) => server === PEER_NAMES[id]);
    const spread = own === undefined || other === undefined ? undefined : compare(own, other, figure);
    return spread === undefined ? [] : [spread.median];
  });
  return ratios.length === 0 ? undefined : Math.min(...ratios);
}
