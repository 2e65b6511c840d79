import type { Clock } from '../clock.ts';
import { decideShape, mayWantLess } from '../policy/answer-shape.ts';
import { offerRanges } from '../policy/byteranges.ts';
import type { FieldLines } from '../policy/fields.ts';
import { currentAge } from '../policy/freshness.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { type Exchange, finish } from './exchange.ts';
import type { Tier } from './judge.ts';
import { editFields, passFields, signFields } from './response-fields.ts';
import { servePart, serveParts } from './serve-parts.ts';
import { sendNotModified, sendUnsatisfiable } from './short-answer.ts';

/**
 * Answers from a stored response: whole, its head alone, the parts that a Range asks for, or 304 or 416
 * by the client's own conditions.
 */
export function serveStored(x: Exchange, stored: StoredResponse, tier: Tier, clock: Clock): void {
  const now = clock.now();
  x.servedFrom = tier;
  stored.prepared ??= editFields(offerRanges(stored.status, passFields(stored)), x.route?.rule);
  const age = currentAge(stored, now);
  if (mayWantLess(x.request)) serveShaped(x, stored, stored.prepared, age, clock);
  else serveWhole(x, stored, stored.prepared, age);
  finish(x, clock.monotonic(), 'whole');
}

function serveShaped(
  x: Exchange,
  stored: StoredResponse,
  fields: FieldLines,
  age: number,
  clock: Clock,
): void {
  const length = stored.body.byteLength;
  const response = { status: stored.status, fields: stored.fields, length, from: 'store' } as const;
  const shape = decideShape(x.request, response, clock.now());
  switch (shape.kind) {
    case 'whole':
      return serveWhole(x, stored, fields, age);
    case 'not-modified':
      return sendNotModified(x, fields, age, clock);
    case 'part':
      return servePart(x, stored.body, fields, age, shape.range);
    case 'parts':
      return serveParts(x, stored.body, fields, age, shape.ranges);
    case 'unsatisfiable':
      return sendUnsatisfiable(x, length, clock);
    default:
      return shape satisfies never;
  }
}

function serveWhole(x: Exchange, { status, body }: StoredResponse, whole: FieldLines, age: number): void {
  x.status = status;
  x.trace.push('served-stored');
  const fields = signFields(x, whole, age);
  if (status !== 204) fields.push('Content-Length', String(body.byteLength));
  const isHead = x.request.method === 'HEAD';
  if (!isHead) x.bytes = body.byteLength;
  x.downstream.send(status, fields, isHead ? undefined : body);
}
