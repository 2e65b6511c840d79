import { setImmediate as nextTurn } from 'node:timers/promises';
import { redactTarget } from '../observe/redact.ts';
import type { Purge } from '../purge/selector.ts';
import type { AdminParts } from './ports.ts';
import type { Endpoint } from './router.ts';
import { describePurge, parsePurgeOrder } from './selectors.ts';

/** Counting walks through memory once per selector; beyond this many, a purge doesn't wait for it. */
const COUNTED = 16;
/** Selectors written out in one line of the audit log. */
const LOGGED = 20;

/** `POST /purge`: one append to the purge log, and what became of it. */
export function purgeEndpoint(parts: AdminParts): Endpoint {
  return {
    path: '/purge',
    method: 'POST',
    scope: 'purge',
    async handle(request) {
      const { purges, dryRun } = parsePurgeOrder(await request.json(), parts);
      const described = purges.map(describePurge);
      if (dryRun) {
        const matched = await countMatching(purges, parts, request.signal);
        return { status: 200, body: { status: 'dry-run', purges: described, matched } };
      }
      const matched = purges.length <= COUNTED ? await countMatching(purges, parts, request.signal) : null;
      const receipt = await parts.purges.append(purges);
      parts.log.info(
        { by: request.caller, purges: auditLine(purges), count: purges.length, matched, receipt },
        'purge',
      );
      if (receipt.kind === 'appended') {
        return {
          status: 200,
          body: { status: 'applied', position: receipt.position, purges: described, matched },
        };
      }
      const { redis } = parts.readiness();
      const cause = redis === 'ready' ? 'Redis has not confirmed it' : `Redis is ${redis}`;
      const why =
        `${cause}: the purge is applied in this process and kept; ` +
        'it reaches the other replicas and Redis once it has been replayed.';
      return { status: 202, body: { status: 'pending', purges: described, matched, why } };
    },
  };
}

/** Stored responses in memory that the purges name; one that two of them name counts twice. */
async function countMatching(
  purges: readonly Purge[],
  { matching }: AdminParts,
  signal: AbortSignal,
): Promise<number | null> {
  if (matching === undefined) return null;
  let count = 0;
  for (const purge of purges) {
    count += matching(purge);
    if (purges.length === 1) break;
    await nextTurn();
    signal.throwIfAborted();
  }
  return count;
}

function auditLine(purges: readonly Purge[]): string[] {
  return purges.slice(0, LOGGED).map(({ selector, soft }) => {
    const value = Object.entries(selector).find(([name]) => name !== 'kind')?.[1];
    const shown = value === undefined ? selector.kind : `${selector.kind} ${redactTarget(value)}`;
    return soft ? `${shown} (soft)` : shown;
  });
}
