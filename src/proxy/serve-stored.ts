import type { Clock } from '../clock.ts';
import { currentAge } from '../policy/freshness.ts';
import { isConditional, isNotModified, notModifiedFields } from '../policy/precondition.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { type Exchange, finish } from './exchange.ts';
import type { Tier } from './judge.ts';
import { editFields, passFields, signFields } from './response-fields.ts';

/** Answers from a stored response: whole, its head alone, or 304 by the client's own conditions. */
export function serveStored(x: Exchange, stored: StoredResponse, tier: Tier, clock: Clock): void {
  const { request, downstream } = x;
  const now = clock.now();
  x.servedFrom = tier;
  stored.prepared ??= editFields(passFields(stored), x.route?.rule);
  const age = currentAge(stored, now);
  if (
    stored.status === 200 &&
    isConditional(request.fields) &&
    isNotModified(request.fields, stored.fields, now)
  ) {
    x.status = 304;
    x.trace.push('not-modified');
    downstream.send(304, signFields(x, notModifiedFields(stored.prepared), age), undefined);
    return finish(x, clock.monotonic(), 'whole');
  }
  x.status = stored.status;
  x.trace.push('served-stored');
  const fields = signFields(x, stored.prepared, age);
  if (stored.status !== 204) fields.push('Content-Length', String(stored.body.byteLength));
  const isHead = request.method === 'HEAD';
  if (!isHead) x.bytes = stored.body.byteLength;
  downstream.send(stored.status, fields, isHead ? undefined : stored.body);
  finish(x, clock.monotonic(), 'whole');
}
