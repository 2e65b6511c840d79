import { setTimeout as delay } from 'node:timers/promises';
import type { Audit, AuditOrigin, AuditResult } from '../observe/audit.ts';
import { redactTarget } from '../observe/redact.ts';
import type { Purge } from '../purge/selector.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import { nameOrder, type OrderName, type PurgeRequest, parsePurgeRequest } from './purge-request.ts';
import type { AdminAnswer, Endpoint } from './router.ts';
import { describePurge } from './selectors.ts';

/** Counting walks through memory once per selector; beyond this many, or this many ms, a purge doesn't wait for it. */
const COUNTED = 16;
const COUNT_WITHIN = 2_000;
/** Selectors written out in one line of the audit log. */
const LOGGED = 20;

/** Writes the line of one call. */
type Tell = (result: AuditResult, details: Readonly<Record<string, unknown>>) => void;

/** `POST /purge`: one append to the purge log, and what became of it. */
export function purgeEndpoint(parts: AdminParts, audit: Audit): Endpoint {
  /** Orders that are being appended. */
  const underWay = new Set<string>();
  return {
    path: '/purge',
    method: 'POST',
    scope: 'purge',
    async handle({ caller, origin, headers, signal, json }) {
      const asked = parsePurgeRequest(await json(), parts);
      const tell: Tell = (result, details) => audit({ ...origin, ...summary(asked.purges), result, details });
      if (asked.dryRun) {
        const counts = await countMatching(asked.purges, parts, signal);
        const found = described(asked.purges, counts);
        tell('dry-run', { count: asked.purges.length, matched: found.matched });
        return { status: 200, body: { status: 'dry-run', ...found } };
      }
      const name = nameOrder(headers, caller, asked.purges);
      if (underWay.has(name.id)) {
        throw new ProblemError(409, 'A purge with this Idempotency-Key is under way.');
      }
      const before = name.body === undefined ? undefined : parts.purges.ledger.find(name.id);
      if (before !== undefined) {
        if (before.order.body !== name.body) {
          throw new ProblemError(422, 'This Idempotency-Key was used for another purge.');
        }
        tell('repeated', { count: asked.purges.length, order: name.id });
        const again = { ...described(asked.purges, undefined), repeated: true };
        return answerOf(parts, asked, name.id, again, before.position, signal);
      }
      underWay.add(name.id);
      try {
        return await carryOut(parts, asked, name, origin, tell, signal);
      } finally {
        underWay.delete(name.id);
      }
    },
  };
}

async function carryOut(
  parts: AdminParts,
  { purges, ...asked }: PurgeRequest,
  name: OrderName,
  { by }: AuditOrigin,
  tell: Tell,
  signal: AbortSignal,
): Promise<AdminAnswer> {
  const counts =
    purges.length <= COUNTED ? await countMatching(purges, parts, signal, COUNT_WITHIN) : undefined;
  const orders = [{ ...name, by, at: parts.clock.now() }];
  const ordered = purges.map((purge) => ({ ...purge, orders }));
  const answer = described(purges, counts);
  const figures = { count: purges.length, matched: answer.matched, order: name.id };
  const receipt = await parts.purges
    .append(ordered, { ack: asked.wait !== undefined })
    .catch((error: unknown) => {
      // It may hold in part, and then it was somebody's.
      tell('failed', figures);
      throw error;
    });
  if (receipt.kind === 'appended') tell('done', { ...figures, position: receipt.position });
  else tell('pending', figures);
  const position = receipt.kind === 'appended' ? receipt.position : null;
  return answerOf(parts, { purges, ...asked }, name.id, answer, position, signal);
}

/** `position` null: it is pending. */
async function answerOf(
  parts: AdminParts,
  { wait }: PurgeRequest,
  order: string,
  answer: object,
  position: number | null,
  signal: AbortSignal,
): Promise<AdminAnswer> {
  if (position !== null) {
    const waited = wait === undefined ? undefined : await parts.purges.ledger.applied(order, wait, signal);
    const replicas = waited === undefined ? {} : { replicas: waited };
    return { status: 200, body: { status: 'applied', order, position, ...answer, ...replicas } };
  }
  const { redis } = parts.readiness();
  const cause = redis === 'ready' ? 'Redis has not confirmed it' : `Redis is ${redis}`;
  const why =
    `${cause}: the purge is applied in this process and kept; ` +
    'it reaches the other replicas once it stands in the log, into which it is put again where it is missing.';
  return { status: 202, body: { status: 'pending', order, ...answer, why } };
}

/** The purges as they are shown, each with what it matched, where that was counted. */
function described(purges: readonly Purge[], counts: readonly (number | null)[] | undefined) {
  const isCounted = counts?.every((count) => count !== null) ?? false;
  return {
    purges: purges.map((purge, i) => {
      const count = counts?.[i] ?? null;
      return count === null ? describePurge(purge) : { ...describePurge(purge), matched: count };
    }),
    matched: isCounted ? (counts ?? []).reduce<number>((sum, count) => sum + (count ?? 0), 0) : null,
  };
}

/**
 * Stored responses in memory that each of the purges names, null for those that were not counted `within` that time, ms;
 * undefined without a memory tier.
 */
async function countMatching(
  purges: readonly Purge[],
  { matching }: AdminParts,
  signal: AbortSignal,
  within?: number,
): Promise<readonly (number | null)[] | undefined> {
  if (matching === undefined) return undefined;
  const enough = new AbortController();
  const late = within && delay(within, null, { signal: enough.signal }).catch(() => null);
  const counts: (number | null)[] = [];
  try {
    for (const purge of purges) {
      const counting = matching(purge);
      const count = late === undefined ? await counting : await Promise.race([counting, late]);
      if (count === null && late !== undefined) break;
      counts.push(count);
      if (purges.length > 1) signal.throwIfAborted();
    }
  } finally {
    enough.abort();
  }
  return purges.map((_, i) => counts[i] ?? null);
}

/** What the audit log says of these purges. */
function summary(purges: readonly Purge[]): { action: 'purge'; target: string } {
  const named = purges.slice(0, LOGGED).map(({ selector, soft }) => {
    const value = Object.entries(selector).find(([name]) => name !== 'kind')?.[1];
    const shown = value === undefined ? selector.kind : `${selector.kind} ${redactTarget(value)}`;
    return soft ? `${shown} (soft)` : shown;
  });
  const more = purges.length - named.length;
  return { action: 'purge', target: named.join(', ') + (more > 0 ? `, and ${more} more` : '') };
}
