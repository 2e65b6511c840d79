import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Purge, purgeName } from '../purge/selector.ts';
import type { Caller } from './authorise.ts';
import { flag, members } from './body.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import { PURGE_MEMBERS, parsePurges } from './selectors.ts';

/** What a purge body asks for. */
export interface PurgeRequest {
  readonly purges: readonly Purge[];
  readonly dryRun: boolean;
  /** How long replicas are waited for, ms; undefined: not at all. */
  readonly wait: number | undefined;
}

/** How many purges one body may list. */
const LISTED = 1_000;
/** What `true` means, and the most that can be asked for; ms. */
const WAIT = 5_000;
const LONGEST_WAIT = 30_000;
const OPTIONS = ['dry-run', 'wait'];

/** Decodes the body of a purge: one purge, or a list of them. Throws a 400 that says which member is wrong and why. */
export function parsePurgeRequest(
  body: unknown,
  parts: Pick<AdminParts, 'storedTargets' | 'routeNames'>,
): PurgeRequest {
  const isList = typeof body === 'object' && body !== null && 'purges' in body;
  const found = members(body, [...(isList ? ['purges'] : PURGE_MEMBERS), ...OPTIONS]);
  const purges = isList ? parseList(found.get('purges'), parts) : parsePurges(found, '', parts);
  // What is named twice is purged once.
  const distinct = new Map(purges.map((purge) => [purgeName(purge), purge]));
  return {
    purges: [...distinct.values()],
    dryRun: flag(found, 'dry-run'),
    wait: parseWait(found.get('wait')),
  };
}

function parseList(value: unknown, parts: Pick<AdminParts, 'storedTargets' | 'routeNames'>): Purge[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ProblemError(400, '"purges" must be a list of at least one purge.');
  }
  if (value.length > LISTED) throw new ProblemError(400, `"purges" has more than ${LISTED} members.`);
  return value.flatMap((one: unknown, i) =>
    parsePurges(members(one, PURGE_MEMBERS, `"purges[${i}]"`), `purges[${i}].`, parts),
  );
}

function parseWait(value: unknown): number | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return WAIT;
  const ms = typeof value === 'string' ? durationOf(value) : value;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0 || ms > LONGEST_WAIT) {
    throw new ProblemError(400, '"wait" must be true, ms, or a duration as "2s" or "500ms"; at most 30s.');
  }
  return ms;
}

function durationOf(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (unit === 's' ? 1_000 : 1);
}

/** Whose order this is. */
export interface OrderName {
  readonly id: string;
  /** Digest of all that is purged, where there is an idempotency key. */
  readonly body?: string;
}

/**
 * The same for the same key and caller, at whichever replica; else unique. Throws a 400 for a key that is
 * none.
 */
export function nameOrder(headers: IncomingHttpHeaders, caller: Caller, purges: readonly Purge[]): OrderName {
  const key = headers['idempotency-key'];
  if (key === undefined) return { id: randomUUID() };
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ProblemError(400, '"Idempotency-Key" must be one value of 1 to 255 visible characters.');
  }
  return { id: digest([caller, key]), body: digest(purges.map(purgeName).sort()) };
}

function digest(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 22);
}
