import type { LiveEvent } from '../admin/live-event.ts';
import { formatMs, formatRateOf, formatShare } from './amounts.ts';

/** One event in one line, for files and pipes. */
export function plainLine({ now, stats, window }: LiveEvent): string {
  const { memory, redis, purges } = stats;
  const { hits, forwarded } = window.responseTime;
  const words = Object.entries(window.outcomes)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${word}=${count}`);
  return [
    new Date(now).toISOString(),
    formatRateOf(window.requests, window.duration),
    `hit ratio ${formatShare(window.hitRate)}`,
    ...(words.length === 0 ? [] : [words.join(' ')]),
    `p99 hits ${formatMs(hits.p99)}, forwarded ${formatMs(forwarded.p99)}`,
    ...(memory === null
      ? []
      : [`memory ${formatShare(memory.limit === 0 ? 0 : memory.bytes / memory.limit)}`]),
    `redis ${redis?.state ?? 'off'}`,
    purges.beyondLease ? 'purges beyond lease' : purges.trusted ? 'purges heard' : 'purges not trusted',
    ...(purges.pending > 0 ? [`${purges.pending} pending`] : []),
  ].join('  ');
}
