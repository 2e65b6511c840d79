import type { AdminStats } from '../admin/ports.ts';
import { ago, count, milliseconds } from './figures.ts';
import type { PanelRow } from './panel.ts';

type Gate = NonNullable<AdminStats['admission']>['routes'][string];

/** What is told of the service behind. `now` in ms since the epoch. */
export function upstreamRows({ upstream, admission }: AdminStats, now: number): readonly PanelRow[] {
  const { failures, last, responseTime, statuses } = upstream;
  const routes = Object.entries(admission?.routes ?? {});
  const waiting = routes.reduce((sum, [, { waiting: some }]) => sum + some, 0);
  const turnedAway = routes.reduce((sum, [, gate]) => sum + total(gate.turnedAway), 0);
  const failed = Object.entries(failures).filter(([, n]) => n > 0);
  const guarded = routes.filter(([, { breaker }]) => breaker !== 'off');
  return [
    { label: 'Exchanges now', text: count(admission?.exchanges) },
    { label: 'Waiting for a turn', text: count(waiting) },
    { label: 'Turned away', text: count(turnedAway), level: turnedAway > 0 ? 'warn' : undefined },
    { label: 'Sent again', text: count(admission?.retries) },
    { label: 'Response time p50', text: milliseconds(responseTime.p50) },
    { label: 'Response time p99', text: milliseconds(responseTime.p99) },
    { label: 'Answers', text: listed(Object.entries(statuses).filter(([, n]) => n > 0)) || 'none yet' },
    { label: 'Failures', text: listed(failed) || 'none', level: failed.length > 0 ? 'warn' : undefined },
    {
      label: 'Last failure',
      text: last === null ? 'none' : `${last.failure}, ${ago(last.at, now)}`,
      title: last?.why ?? undefined,
    },
    ...breakerRows(guarded),
  ];
}

/** Those that let everything through are one row. */
function breakerRows(guarded: readonly (readonly [string, Gate])[]): readonly PanelRow[] {
  const troubled = guarded.filter(([, { breaker }]) => breaker !== 'closed');
  const closed = guarded.length - troubled.length;
  return [
    {
      label: 'Breakers',
      text:
        guarded.length === 0
          ? 'off'
          : troubled.length === 0
            ? `all ${closed} closed`
            : `${closed} of ${guarded.length} closed`,
      level: guarded.length === 0 ? undefined : troubled.length === 0 ? 'good' : 'warn',
    },
    ...troubled.map(([name, { breaker, probeIn }]) => ({
      label: `Breaker of ${name}`,
      text: probeIn > 0 ? `${breaker}, tried in ${milliseconds(probeIn)}` : breaker,
      level: breaker === 'open' ? ('bad' as const) : ('warn' as const),
    })),
  ];
}

function listed(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([name, n]) => `${name} ${count(n)}`).join(', ');
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}
