import type { Test } from 'tap';
import type { Counts } from './check.ts';
import { type Report, SEED } from './schedule.ts';

/** Says what a run did, and where it went wrong how. */
export function show(t: Test, { counts, became, lag, violations, lines }: Report): void {
  t.comment(`CACHESIDE_SEED=${SEED} ${JSON.stringify({ ...counts, ...became })}`);
  t.comment(`from a receipt to the last replica, nothing being wrong: ${JSON.stringify(lag)} ms`);
  if (violations.length === 0) return;
  t.comment(`CACHESIDE_SEED=${SEED} repeats it; the last of what happened:`);
  for (const line of lines.slice(-60)) t.comment(line);
}

/** Whether a run saw something of everything. */
export function enough({ reads, hits, fromRedis, writes, purges, faults }: Counts): boolean {
  return reads > 500 && hits > 50 && fromRedis > 3 && writes > 10 && purges > 20 && faults > 2;
}
