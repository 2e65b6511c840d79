import { DOOR, type Leniency } from './leniencies.ts';
import { answerTo } from './recording-upstream.ts';
import { readRequests } from './request-reader.ts';
import type { Batch, Stream } from './stage.ts';

/**
 * What would become of streams at a proxy that reads in this way and sends on the bytes that it has read, all over one
 * connection: what the judge must not let pass.
 */
export function relayed(streams: readonly Stream[], how: Leniency): Batch {
  let sent = '';
  const played = streams.map((stream) => {
    const text = stream.pieces.join('');
    const { requests, rest } = readRequests(text, how);
    let got = '';
    for (const request of requests) {
      const bytes = text.slice(request.start, request.end);
      sent += bytes.replace(/[\r\n]*\n|\r/, '$&X-Request-Id: 1\r\n');
      got += answerTo(request);
    }
    if (rest === 'wrong') got += 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n';
    const gotBefore = got.length;
    return { stream, reading: readRequests(text, DOOR), got, gotBefore, endedItself: true, ended: true };
  });
  const recorded = { text: sent, ...readRequests(sent, {}), isOpen: true };
  return {
    played,
    clean: [],
    cleanGot: '',
    upstream: [{ ...recorded, requests: [...recorded.requests] }],
    faults: [],
  };
}
