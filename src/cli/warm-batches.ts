import { setTimeout as delay } from 'node:timers/promises';
import type { WarmReport } from '../admin/warm.ts';
import type { AdminClient } from './admin-client.ts';
import { AdminRefusal } from './admin-refusal.ts';

export interface WarmOptions {
  /** Fetches at the same time, 1–32. */
  readonly concurrency: number;
  /** Fetches a second, at most; undefined: as fast as the upstream answers. */
  readonly rate: number | undefined;
  /** Until a batch is answered, ms. */
  readonly timeout: number;
  /** Once it aborts, no further batch is sent. */
  readonly signal: AbortSignal;
  /** After each batch, with the sum so far. */
  onProgress(report: WarmReport): void;
}

/** A body may have 64 KiB. */
const BATCH_BYTES = 60 * 1024;
const MOST_PATHS = 2_000;
/** What a batch should take, ms: so often is there something to show. */
const BATCH_TIME = 1_000;
/** With a rate a batch is what may be fetched in a tenth of a second. */
const SLICES = 10;
const FAILURES_SHOWN = 20;

/** A path that the admin port does not take as one. */
const REFUSED_PATH = /"paths\[(\d+)\]"(.*)/;

/** The sum of all batches; `duration` is the time that all took, ms. What a batch is refused for throws a CommandError. */
export async function warmInBatches(
  client: AdminClient,
  paths: readonly string[],
  options: WarmOptions,
): Promise<WarmReport> {
  const { concurrency, rate, signal } = options;
  const started = performance.now();
  let sum: WarmReport = NOTHING;
  let size = concurrency * 4;
  let next = 0;
  while (next < paths.length && !signal.aborted) {
    const began = performance.now();
    const allowed = rate === undefined ? size : Math.max(1, Math.floor(rate / SLICES));
    const batch = batchFrom(paths, next, Math.min(size, allowed));
    next += batch.length;
    const report = await warmBatch(client, batch, options);
    const took = performance.now() - began;
    sum = { ...added(sum, report), duration: Math.round(performance.now() - started) };
    options.onProgress(sum);
    size = Math.round(size * Math.min(2, Math.max(0.5, BATCH_TIME / Math.max(1, took))));
    size = Math.min(MOST_PATHS, Math.max(concurrency, size));
    const left = rate === undefined ? 0 : (batch.length * 1_000) / rate - took;
    if (left > 0 && next < paths.length) await delay(left, undefined, { signal }).catch(() => {});
  }
  return sum;
}

/** At most `most` paths from a place on, and as many as fit into a body, but one. */
function batchFrom(paths: readonly string[], from: number, most: number): string[] {
  const batch: string[] = [];
  let bytes = 0;
  for (const path of paths.slice(from, from + most)) {
    bytes += Buffer.byteLength(JSON.stringify(path)) + 1;
    if (batch.length > 0 && bytes > BATCH_BYTES) break;
    batch.push(path);
  }
  return batch;
}

/** One that is no path fails by itself, and not the others with it. */
async function warmBatch(
  client: AdminClient,
  batch: readonly string[],
  { concurrency, timeout }: WarmOptions,
): Promise<WarmReport> {
  const left = [...batch];
  let refused: WarmReport = NOTHING;
  while (left.length > 0) {
    try {
      const { body } = await client.call<WarmReport>(
        { method: 'POST', path: '/warm', body: { paths: left, concurrency }, timeout },
        ['requested', 'stored', 'hit', 'notStored', 'failed'],
      );
      return added(refused, body);
    } catch (error) {
      const [, index, why = ''] = (error instanceof AdminRefusal && REFUSED_PATH.exec(error.detail)) || [];
      if (index === undefined) throw error;
      const [path = ''] = left.splice(Number(index), 1);
      const failures = [{ path, why: why.trim() }];
      refused = added(refused, { ...NOTHING, requested: 1, failed: 1, failures });
    }
  }
  return refused;
}

const NOTHING: WarmReport = {
  requested: 0,
  stored: 0,
  hit: 0,
  notStored: 0,
  failed: 0,
  duration: 0,
  reasons: {},
  failures: [],
};

function added(a: WarmReport, b: WarmReport): WarmReport {
  const reasons: Record<string, number> = { ...a.reasons };
  for (const [why, count] of Object.entries(b.reasons)) reasons[why] = (reasons[why] ?? 0) + count;
  return {
    requested: a.requested + b.requested,
    stored: a.stored + b.stored,
    hit: a.hit + b.hit,
    notStored: a.notStored + b.notStored,
    failed: a.failed + b.failed,
    duration: a.duration + b.duration,
    reasons,
    failures: [...a.failures, ...b.failures].slice(0, FAILURES_SHOWN),
  };
}
