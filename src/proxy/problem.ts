import type { Clock } from '../clock.ts';
import type { UpstreamFailure } from '../errors.ts';
import { type FieldLines, keptFields } from '../policy/fields.ts';
import { problemDocument } from '../problem.ts';
import { type Exchange, finish } from './exchange.ts';
import { signature } from './response-fields.ts';

/** The status a client gets for each way an upstream exchange can fail. */
const STATUS: Record<UpstreamFailure, number> = {
  'connect-refused': 502,
  'connect-timeout': 504,
  'no-connection': 504,
  'head-timeout': 504,
  'body-timeout': 504,
  deadline: 504,
  reset: 502,
  'bad-response': 502,
  truncated: 502,
  aborted: 502,
  tls: 502,
  dns: 502,
  closing: 503,
};

export function statusOfFailure(failure: UpstreamFailure): number {
  return STATUS[failure];
}

/** A problem body (RFC 9457) with the request's id, so that a report can be found in the log. */
export function problemBody(status: number, detail: string, id: string): Uint8Array {
  return Buffer.from(`${JSON.stringify(problemDocument(status, detail, { requestId: id }))}\n`);
}

/** Ends the exchange with an answer of Cacheside's own; `more`: fields that belong to the status. */
export function sendProblem(
  x: Exchange,
  clock: Clock,
  status: number,
  detail: string,
  more: FieldLines = [],
): void {
  const body = problemBody(status, detail, x.id);
  x.status = status;
  x.servedFrom = 'cacheside';
  const fields = ['Content-Type', 'application/problem+json', 'Cache-Control', 'no-store', ...more];
  fields.push('Content-Length', String(body.byteLength));
  const isHead = x.request.method === 'HEAD';
  if (!isHead) x.bytes = body.byteLength;
  x.downstream.send(status, keptFields(fields), signature(x, 0), isHead ? undefined : body);
  finish(x, clock.monotonic(), 'whole');
}
