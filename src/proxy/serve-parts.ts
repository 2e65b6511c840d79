import { randomUUID } from 'node:crypto';
import { multipart, partFields } from '../policy/byteranges.ts';
import { type FieldLines, keptFields } from '../policy/fields.ts';
import { type ByteRange, sizeOf } from '../policy/range.ts';
import type { Exchange } from './exchange.ts';
import { signature } from './response-fields.ts';

/** Sends one part of a stored body: a view of it, no copy. `whole`: fields of the 200; `age` in ms. */
export function servePart(
  x: Exchange,
  body: Uint8Array,
  whole: FieldLines,
  age: number,
  range: ByteRange,
): void {
  x.status = 206;
  x.trace.push('served-stored');
  x.bytes = sizeOf(range);
  const fields = partFields(x.request.fields, whole, range, body.byteLength);
  const part = body.subarray(range.first, range.last + 1);
  x.downstream.send(206, keptFields(fields), signature(x, age), part);
}

/** Sends several parts of a stored body as multipart/byteranges, without a copy of any large one. */
export function serveParts(
  x: Exchange,
  body: Uint8Array,
  whole: FieldLines,
  age: number,
  ranges: readonly ByteRange[],
): void {
  const { downstream, request } = x;
  // Nobody who could choose what is in the body can know it beforehand.
  const boundary = randomUUID();
  const message = multipart(request.fields, whole, { ranges, length: body.byteLength, boundary });
  x.status = 206;
  x.trace.push('served-stored');
  x.bytes = message.size;
  downstream.begin(206, message.fields, signature(x, age));
  for (const { head, range } of message.parts) {
    downstream.write(Buffer.from(head, 'latin1'));
    downstream.write(body.subarray(range.first, range.last + 1));
  }
  downstream.write(Buffer.from(message.tail, 'latin1'));
  downstream.end();
}
