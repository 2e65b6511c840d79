import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a representation is recognised by. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** ISO 8601; undefined where the last change isn't known, as of a list that products leave. */
  readonly modified: string | undefined;
}

/** A strong entity tag of these bytes. */
export function contentTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

/** The header fields that tell a client the validators. */
export function validatorHeaders({ etag, modified }: Validators): Record<string, string> {
  return modified === undefined ? { etag } : { etag, 'last-modified': new Date(modified).toUTCString() };
}

/**
 * Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of
 * RFC 9110 §13.2.2 against the current representation: `proceed`, or the status to answer with.
 */
export function checkPreconditions(req: IncomingMessage, current: Validators): 'proceed' | 304 | 412 {
  const safe = req.method === 'GET' || req.method === 'HEAD';
  const ifMatch = req.headers['if-match'];
  const ifNoneMatch = req.headers['if-none-match'];
  const changed = changedSince(current.modified, req.headers['if-modified-since']);
  const changedSinceUnmodified = changedSince(current.modified, req.headers['if-unmodified-since']);

  if (ifMatch !== undefined) {
    if (!names(ifMatch, current.etag, 'strong')) return 412;
  } else if (changedSinceUnmodified === true) return 412;

  if (ifNoneMatch !== undefined) {
    if (names(ifNoneMatch, current.etag, 'weak')) return safe ? 304 : 412;
  } else if (safe && changed === false) return 304;

  return 'proceed';
}

/** Whether an If-Match or If-None-Match value names this tag; `*` names any (RFC 9110 §8.8.3.2). */
function names(value: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (value.trim() === '*') return true;
  for (const [tag] of value.matchAll(/(?:W\/)?"[^"]*"/g)) {
    if (tag === etag) return true;
    if (comparison === 'weak' && tag === `W/${etag}`) return true;
  }
  return false;
}

/** undefined where either date is missing or unreadable; HTTP dates know whole seconds only. */
function changedSince(modified: string | undefined, date: string | undefined): boolean | undefined {
  if (modified === undefined || date === undefined) return undefined;
  const since = Date.parse(date);
  if (Number.isNaN(since)) return undefined;
  return Math.floor(Date.parse(modified) / 1000) * 1000 > since;
}
