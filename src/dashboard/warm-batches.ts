import type { WarmReport } from '../admin/warm.ts';

/** Paths of one call, and characters of them: far below the limit of a body, whatever they are written as. */
const PATHS = 100;
const CHARACTERS = 10_000;

export const NOTHING_WARMED: WarmReport = {
  requested: 0,
  stored: 0,
  hit: 0,
  notStored: 0,
  failed: 0,
  duration: 0,
  reasons: {},
  failures: [],
};

/** The paths in their order, as many as fit into each call. */
export function batchesOf(paths: readonly string[]): string[][] {
  const batches: string[][] = [];
  let room = 0;
  for (const path of paths) {
    room -= path.length;
    const last = batches.at(-1);
    if (last !== undefined && room >= 0 && last.length < PATHS) last.push(path);
    else {
      batches.push([path]);
      room = CHARACTERS - path.length;
    }
  }
  return batches;
}

/** Both together. */
export function addReports(a: WarmReport, b: WarmReport): WarmReport {
  const reasons = { ...a.reasons };
  for (const [why, n] of Object.entries(b.reasons)) reasons[why] = (reasons[why] ?? 0) + n;
  return {
    requested: a.requested + b.requested,
    stored: a.stored + b.stored,
    hit: a.hit + b.hit,
    notStored: a.notStored + b.notStored,
    failed: a.failed + b.failed,
    duration: a.duration + b.duration,
    reasons,
    failures: [...a.failures, ...b.failures].slice(0, 20),
  };
}
