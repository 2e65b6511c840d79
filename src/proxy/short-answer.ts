import type { Clock } from '../clock.ts';
import { unsatisfiedRange } from '../policy/byteranges.ts';
import { type KeptFields, keptFields } from '../policy/fields.ts';
import { notModifiedFields } from '../policy/precondition.ts';
import { type Exchange, finish } from './exchange.ts';
import { sendProblem } from './problem.ts';
import { signature } from './response-fields.ts';

/** Ends the exchange with 304: the client has the response with these fields. `age` in ms. */
export function sendNotModified(x: Exchange, kept: KeptFields, age: number, clock: Clock): void {
  x.status = 304;
  x.trace.push('not-modified');
  kept.notModified ??= keptFields(notModifiedFields(kept.lines));
  x.downstream.send(304, kept.notModified, signature(x, age), undefined);
  finish(x, clock.monotonic(), 'whole');
}

/** Ends the exchange with 416: nothing that was asked for is within the `length` bytes there are. */
export function sendUnsatisfiable(x: Exchange, length: number, clock: Clock): void {
  const why = `The response has ${length} bytes, and none of those asked for.`;
  sendProblem(x, clock, 416, why, ['Content-Range', unsatisfiedRange(length)]);
}
