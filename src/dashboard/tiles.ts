import type { AdminStats } from '../admin/ports.ts';
import { byId, element, setText } from './element.ts';
import { bytes, count, milliseconds, percent, perSecond } from './figures.ts';
import type { Moment } from './history.ts';
import { ratioOf } from './ratio-plot.ts';

/** The few figures that are looked at first. */
export interface Tiles {
  show(stats: AdminStats, moments: readonly Moment[]): void;
}

/** ms that rates and ratios of now are over. */
const LATELY = 10_000;

interface Lately {
  readonly stats: AdminStats;
  readonly moments: readonly Moment[];
  /** s. */
  readonly duration: number;
}

interface Tile {
  readonly id: string;
  readonly label: string;
  readonly now: (lately: Lately) => string;
  readonly since: (stats: AdminStats) => string;
}

const TILES: readonly Tile[] = [
  {
    id: 'requests',
    label: 'Requests',
    now: ({ moments, duration }) =>
      perSecond(duration === 0 ? null : sum(moments, (m) => m.requests) / duration),
    since: ({ requests }) => `${count(requests)} since start`,
  },
  {
    id: 'ratio',
    label: 'Hit ratio',
    now: ({ moments }) => percent(ratioOf(moments)),
    since: ({ hitRate }) => `${percent(hitRate)} since start`,
  },
  {
    id: 'hits',
    label: 'Hits, p99',
    now: ({ moments }) => milliseconds(moments.findLast((m) => m.hitP99 !== null)?.hitP99),
    since: ({ responseTime: { hits } }) => `${milliseconds(hits.p99)} since start`,
  },
  {
    id: 'forwarded',
    label: 'Forwarded, p99',
    now: ({ moments }) => milliseconds(moments.findLast((m) => m.forwardedP99 !== null)?.forwardedP99),
    since: ({ responseTime: { forwarded } }) => `${milliseconds(forwarded.p99)} since start`,
  },
  {
    id: 'saved',
    label: 'Requests saved',
    now: ({ stats }) => count(stats.hits),
    since: ({ bytesSaved, bytesServed }) => `${bytes(bytesSaved)} of ${bytes(bytesServed)}`,
  },
  {
    id: 'memory',
    label: 'Memory tier',
    now: ({ stats: { memory } }) => (memory === null ? 'off' : bytes(memory.bytes)),
    since: ({ memory }) =>
      memory === null ? 'not configured' : `of ${bytes(memory.limit)}, ${count(memory.responses)} stored`,
  },
];

export function createTiles(): Tiles {
  const shown = TILES.map((tile) => {
    const now = element('dd', { class: 'now', id: `tile-${tile.id}` }, '–');
    const since = element('dd', { class: 'muted', id: `tile-${tile.id}-since` }, '–');
    byId('tiles').append(element('div', { class: 'tile card' }, element('dt', {}, tile.label), now, since));
    return { tile, now, since };
  });
  return {
    show(stats, moments) {
      const end = moments.at(-1)?.at ?? 0;
      const latest = moments.filter(({ at, outcomes }) => outcomes !== null && end - at < LATELY / 1000);
      const lately = { stats, moments: latest, duration: sum(latest, (m) => m.duration) / 1000 };
      for (const { tile, now, since } of shown) {
        setText(now, tile.now(lately));
        setText(since, tile.since(stats));
      }
    },
  };
}

function sum(moments: readonly Moment[], of: (moment: Moment) => number): number {
  return moments.reduce((total, moment) => total + of(moment), 0);
}
