import type { Audit } from '../observe/audit.ts';
import type { Outcome } from '../observe/outcome.ts';
import { outcomeWord } from '../observe/outcome-word.ts';
import { redactTarget } from '../observe/redact.ts';
import { members, strings, text } from './body.ts';
import type { AdminParts, WarmTarget } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Endpoint } from './router.ts';
import { isAuthority, normalised, parseTarget } from './target.ts';

/** What became of a warm-up. `duration` in ms. */
export interface WarmReport {
  readonly requested: number;
  readonly stored: number;
  /** Already there. */
  readonly hit: number;
  readonly notStored: number;
  readonly failed: number;
  readonly duration: number;
  /** How many were not stored, by the reason that Cache-Status gives. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first twenty. */
  readonly failures: readonly { readonly path: string; readonly why: string }[];
}

const PATHS_LIMIT = 10_000;
const FAILURES_SHOWN = 20;

/** `POST /warm`: fetches a list of paths through the pipeline, a few at a time. */
export function warmEndpoint(parts: AdminParts, audit: Audit): Endpoint {
  return {
    path: '/warm',
    method: 'POST',
    scope: 'purge',
    async handle({ origin, signal, json }) {
      const order = parseWarmOrder(await json());
      const report = await warmAll(order, parts, signal);
      const { failures: _, ...counts } = report;
      const [first = ''] = order.targets.map(({ path }) => redactTarget(path));
      const target = order.targets.length === 1 ? first : `${first}, and ${order.targets.length - 1} more`;
      const result = signal.aborted ? 'aborted' : 'done';
      audit({ ...origin, action: 'warm', target, result, details: counts });
      return { status: 200, body: report };
    },
  };
}

interface WarmOrder {
  readonly targets: readonly { readonly path: string; readonly target: WarmTarget }[];
  readonly concurrency: number;
}

function parseWarmOrder(body: unknown): WarmOrder {
  const found = members(body, ['paths', 'host', 'concurrency']);
  const paths = strings(found.get('paths'), 'paths');
  if (paths.length > PATHS_LIMIT)
    throw new ProblemError(400, `"paths" has more than ${PATHS_LIMIT} members.`);
  const host = found.has('host') ? text(found.get('host'), 'host').toLowerCase() : undefined;
  if (host !== undefined && !isAuthority(host)) throw new ProblemError(400, '"host" names no valid host.');
  const concurrency = found.has('concurrency') ? found.get('concurrency') : 4;
  if (
    typeof concurrency !== 'number' ||
    !Number.isInteger(concurrency) ||
    concurrency < 1 ||
    concurrency > 32
  ) {
    throw new ProblemError(400, '"concurrency" must be a whole number from 1 to 32.');
  }
  const targets = paths.map((path, i) => {
    const parsed = parseTarget(path, `paths[${i}]`);
    const authority = parsed.authority ?? host;
    const target = normalised(parsed, `paths[${i}]`);
    return { path, target: { scheme: parsed.scheme ?? 'http', authority, target } };
  });
  return { targets, concurrency };
}

async function warmAll(
  { targets, concurrency }: WarmOrder,
  { warm, clock }: Pick<AdminParts, 'warm' | 'clock'>,
  signal: AbortSignal,
): Promise<WarmReport> {
  const started = clock.monotonic();
  const counts = { requested: 0, stored: 0, hit: 0, notStored: 0, failed: 0 };
  const reasons = new Map<string, number>();
  const failures: { path: string; why: string }[] = [];
  const queue = targets.values();

  const work = async () => {
    // One iterator shared by all workers: each takes the next path when it is free.
    for (const { path, target } of queue) {
      if (signal.aborted) return;
      counts.requested++;
      const result = await judged(warm(target, signal));
      counts[result.kind]++;
      if (result.kind === 'notStored') reasons.set(result.why, (reasons.get(result.why) ?? 0) + 1);
      if (result.kind === 'failed' && failures.length < FAILURES_SHOWN)
        failures.push({ path, why: result.why });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, targets.length) }, work));
  const duration = Math.round(clock.monotonic() - started);
  return { ...counts, duration, reasons: Object.fromEntries(reasons), failures };
}

type Warmed =
  | { readonly kind: 'stored' | 'hit' }
  | { readonly kind: 'notStored' | 'failed'; readonly why: string };

async function judged(fetched: Promise<Outcome>): Promise<Warmed> {
  let outcome: Outcome;
  try {
    outcome = await fetched;
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
  const { cache, status } = outcome;
  const word = outcomeWord(outcome);
  if (word === 'error' || word === 'refused' || outcome.aborted) {
    return { kind: 'failed', why: `${status} ${cache.detail ?? word}` };
  }
  if (word === 'hit' || word === 'stale' || word === 'collapsed') return { kind: 'hit' };
  if (cache.stored === true || word === 'revalidated') return { kind: 'stored' };
  if (status >= 500) return { kind: 'failed', why: `the upstream answered ${status}` };
  return { kind: 'notStored', why: cache.detail ?? word };
}
