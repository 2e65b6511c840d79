import { LENIENCIES, type Leniency } from './leniencies.ts';
import type { Recorded } from './recording-upstream.ts';
import { type ReadRequest, readRequests } from './request-reader.ts';

/** A request that all readers of the list read alike: no body, and no fields but such as all requests have. */
const PLAIN =
  /^(?:GET|HEAD) \/[\w/.]* HTTP\/1\.1\r\n(?:(?:host|connection|x-request-id|via|x-forwarded-(?:for|host|proto)): [\w.:\- []*\]?\r\n)*\r\n$/i;

/** Which lenient reader reads something else than the strict one in what came over a connection, and of what. */
export function disagreement({
  text,
  requests,
  at,
  rest,
}: Recorded): { why: string; text: string } | undefined {
  for (const request of requests) {
    const own = text.slice(request.start, request.end);
    if (PLAIN.test(own)) continue;
    for (const [name, leniency] of Object.entries(LENIENCIES)) {
      const why = difference(own, request, leniency);
      if (why !== undefined) return { why: `${name}: ${why}`, text: own };
    }
  }
  if (rest !== 'more') return undefined;
  const cut = text.slice(at);
  for (const [name, leniency] of Object.entries(LENIENCIES)) {
    // Of one that was cut, a reader that does not wait for its body answers at once, and then no more.
    const [first, ...more] = readRequests(cut, leniency).requests;
    if (first !== undefined && (!first.isLast || more.length > 0))
      return { why: `${name}: ${headOf(first)} is whole`, text: cut };
  }
  return undefined;
}

/** What this reader makes of what the strict one reads as one request, where that is something else. */
function difference(text: string, strict: ReadRequest, leniency: Leniency): string | undefined {
  const [read, ...more] = readRequests(text, leniency).requests;
  if (read === undefined) return 'it is not read';
  if (headOf(read) !== headOf(strict)) return `it is ${headOf(read)}`;
  if (read.isLast !== strict.isLast && !leniency.neverCloses) return 'it is not the last';
  // What is left of the last one is nobody's.
  if (read.isLast) return undefined;
  if (read.body !== strict.body) return `it has a body of ${read.body.length} bytes`;
  return more.length > 0 || read.end !== text.length ? 'there is more in it' : undefined;
}

const headOf = ({ method, target, host }: ReadRequest): string => `${method} ${target} of ${host}`;
