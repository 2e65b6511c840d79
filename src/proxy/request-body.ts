import { type Readable, Transform } from 'node:stream';
import { fieldValue } from '../policy/fields.ts';
import type { Exchange } from './exchange.ts';

/** What a request is told whose body is longer than its route takes. */
export const TOO_LONG = 'The body of the request is longer than this route takes (max-request-body).';

/** Whether a request announces a longer body than its route takes; a chunked one announces nothing. */
export function isTooLong({ request, downstream, route }: Exchange): boolean {
  const most = route?.rule.maxRequestBody;
  if (most === undefined || downstream.requestBody === undefined) return false;
  return Number(fieldValue(request.fields, 'content-length') ?? 0) > most;
}

/**
 * The body as it goes upstream: at most as much as the route takes. Where more comes, `onMore` is called, once, and
 * nothing goes on any more, not even the end.
 */
export function boundedBody({ route }: Exchange, body: Readable, onMore: () => void): Readable {
  const most = route?.rule.maxRequestBody;
  if (most === undefined) return body;
  let left = most;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.byteLength;
      if (left < 0) onMore();
      else done(null, chunk);
    },
  });
  bounded.on('error', () => {});
  // Broken off, there is no end to pass on.
  body.once('close', () => {
    if (!body.readableEnded) bounded.destroy();
  });
  return body.pipe(bounded);
}
