import { type Clock, timeFor } from '../clock.ts';
import { decideShape, mayWantLess, type Representation } from '../policy/answer-shape.ts';
import { offerRanges } from '../policy/byteranges.ts';
import type { KeptFields } from '../policy/fields.ts';
import { currentAge } from '../policy/freshness.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { fieldsForAll, inBestForm, keptWhole } from './coded-answer.ts';
import { type Exchange, finish } from './exchange.ts';
import type { Tier } from './judge.ts';
import { editFields, passFields, signature } from './response-fields.ts';
import { servePart, serveParts } from './serve-parts.ts';
import { sendNotModified, sendUnsatisfiable } from './short-answer.ts';

/**
 * Answers from a stored response: whole, its head alone, the parts that a Range asks for, or 304 or 416
 * by the client's own conditions.
 */
export function serveStored(x: Exchange, stored: StoredResponse, tier: Tier, clock: Clock): void {
  x.servedFrom = tier;
  const rule = x.route?.rule;
  stored.prepared ??= prepare(stored, rule);
  const isNegotiated = rule !== undefined && rule.compress.length > 0;
  const shown = isNegotiated ? inBestForm(x, stored, stored.prepared.lines, rule) : stored;
  const kept = shown.prepared ?? stored.prepared;
  const age = currentAge(stored, timeFor(stored, clock));
  if (mayWantLess(x.request))
    serveShaped(x, shown, kept, age, clock, isNegotiated ? partsOf(shown, stored) : undefined);
  else serveWhole(x, shown, kept, age);
  finish(x, clock.monotonic(), 'whole');
}

/** Which parts may be sent where this is one of several forms. */
function partsOf(shown: StoredResponse, stored: StoredResponse): Representation['parts'] {
  return shown === stored ? 'not-by-date' : 'none';
}

/** The fields as clients see them. */
function prepare(stored: StoredResponse, rule: RouteRule | undefined): KeptFields {
  const lines = editFields(offerRanges(stored.status, passFields(stored)), rule);
  return keptWhole(fieldsForAll(lines, stored, stored.body.byteLength, rule), stored);
}

function serveShaped(
  x: Exchange,
  stored: StoredResponse,
  kept: KeptFields,
  age: number,
  clock: Clock,
  parts: Representation['parts'],
): void {
  const length = stored.body.byteLength;
  const response = {
    status: stored.status,
    fields: stored.fields,
    length,
    from: 'store',
    parts,
  } as const;
  const shape = decideShape(x.request, response, clock.now());
  switch (shape.kind) {
    case 'whole':
      return serveWhole(x, stored, kept, age);
    case 'not-modified':
      return sendNotModified(x, kept, age, clock);
    case 'part':
      return servePart(x, stored.body, kept.lines, age, shape.range);
    case 'parts':
      return serveParts(x, stored.body, kept.lines, age, shape.ranges);
    case 'unsatisfiable':
      return sendUnsatisfiable(x, length, clock);
    default:
      return shape satisfies never;
  }
}

function serveWhole(x: Exchange, { status, body }: StoredResponse, kept: KeptFields, age: number): void {
  x.status = status;
  x.trace.push('served-stored');
  const isHead = x.request.method === 'HEAD';
  if (!isHead) x.bytes = body.byteLength;
  x.downstream.send(status, kept, signature(x, age), isHead ? undefined : body);
}
