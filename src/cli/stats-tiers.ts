import type { AdminStats } from '../admin/ports.ts';
import { countOf, formatBytes, formatCount, formatMs, formatShare, formatSpan } from './amounts.ts';
import type { Labelled } from './flow.ts';
import { bar, type Line, type Style } from './paint.ts';
import { visibleText } from './visible-text.ts';

const STATES: Readonly<Record<NonNullable<AdminStats['redis']>['state'], Style>> = {
  off: 'dim',
  connecting: 'yellow',
  ready: 'green',
  degraded: 'yellow',
  down: 'red',
};

/** What stands behind the traffic: both tiers, the upstream, the purge log, workers. `now` in ms since the epoch. */
export function tierLines(stats: AdminStats, now: number): Labelled[] {
  return [memory(stats), redis(stats), ...upstream(stats, now), purges(stats), ...workers(stats)];
}

function memory({ memory: tier }: AdminStats): Labelled {
  if (tier === null) return { label: 'memory', pieces: [['off']] };
  const { bytes, limit, responses, evictions, expired } = tier;
  const share = limit === 0 ? 0 : bytes / limit;
  return {
    label: 'memory',
    pieces: [
      [{ text: bar(share, 10), style: 'cyan' }, ` ${formatBytes(bytes)} of ${formatBytes(limit)}`],
      [formatShare(share)],
      [countOf(responses, 'response')],
      [`${formatCount(evictions)} evicted`],
      [`${formatCount(expired)} expired`],
    ],
  };
}

function redis({ redis: tier }: AdminStats): Labelled {
  if (tier === null) return { label: 'redis', pieces: [['off']] };
  const { state, hits, misses, sets, errors, timeouts, dropped, inFlight } = tier;
  return {
    label: 'redis',
    pieces: [
      [{ text: state, style: STATES[state] }],
      [`${formatCount(hits)} found, ${formatCount(misses)} not`],
      [`${formatCount(sets)} written`],
      [`${formatCount(inFlight)} under way`],
      ill(errors, 'error'),
      ill(timeouts, 'time-out'),
      ...(dropped > 0 ? [ill(dropped, 'write dropped', 'writes dropped')] : []),
    ],
  };
}

function upstream({ upstream: health, admission }: AdminStats, now: number): Labelled[] {
  const { statuses, responseTime, failures, last } = health;
  const classes = Object.entries(statuses).filter(([, count]) => count > 0);
  const failed = Object.entries(failures).filter(([, count]) => count > 0);
  const gates = Object.entries(admission?.routes ?? {});
  const sum = (of: 'atUpstream' | 'waiting') => gates.reduce((total, [, gate]) => total + gate[of], 0);
  const ajar = gates.filter(([, { breaker }]) => breaker === 'open' || breaker === 'half-open');
  const tries = ajar.map(([name, { breaker, probeIn }]): Line => {
    const when = breaker === 'open' ? `tries in ${formatSpan(probeIn)}` : 'tries now';
    return [{ text: `breaker open: ${visibleText(name)}, ${when}`, style: 'red' }];
  });
  const below = [
    ...(tries.length === 0 ? [] : [tries]),
    ...(failed.length === 0 ? [] : [failed.map(([name, count]) => ill(count, name, name))]),
    ...(last === null
      ? []
      : [[[`last failed ${formatSpan(Math.max(0, now - last.at))} ago: ${visibleText(last.why)}`]]]),
  ];
  return [
    {
      label: 'upstream',
      pieces: [
        ...(classes.length === 0
          ? [['not asked yet']]
          : classes.map(([name, count]): Line => [`${name} ${formatCount(count)}`])),
        [`p50 ${formatMs(responseTime.p50)}`],
        [`p99 ${formatMs(responseTime.p99)}`],
        [`${formatCount(sum('atUpstream'))} under way`],
        [`${formatCount(sum('waiting'))} waiting`],
      ],
    },
    ...below.map((pieces) => ({ label: '', pieces })),
  ];
}

function purges({ purges: levels }: AdminStats): Labelled {
  const { pending, lag, replicas } = levels;
  return {
    label: 'purges',
    pieces: [
      heard(levels),
      pending > 0 ? [{ text: `${formatCount(pending)} pending`, style: 'yellow' }] : ['none pending'],
      ...(lag.count === 0 ? [] : [[`lag p99 ${formatMs(lag.p99)}`]]),
      [countOf(replicas.known, 'replica')],
      ...(replicas.silent > 0 ? [ill(replicas.silent, 'silent', 'silent')] : []),
    ],
  };
}

function heard({ trusted, beyondLease }: AdminStats['purges']): Line {
  if (beyondLease) return [{ text: 'not heard for longer than the lease', style: 'red' }];
  if (!trusted) return [{ text: 'some may be missed: Redis is not read', style: 'yellow' }];
  return [{ text: 'all heard', style: 'green' }];
}

function workers({ workers: all, workerRestarts = 0 }: AdminStats): Labelled[] {
  if (all === undefined) return [];
  const answering = all.filter(({ answers }) => answers).length;
  const text = `${answering} of ${all.length} answer`;
  const state: Line = answering < all.length ? [{ text, style: 'yellow' }] : [text];
  return [{ label: 'workers', pieces: [state, [`${formatCount(workerRestarts)} replaced`]] }];
}

/** None of which there should be. */
function ill(count: number, one: string, many?: string): Line {
  const text = countOf(count, one, many);
  return count > 0 ? [{ text, style: 'yellow' }] : [text];
}
