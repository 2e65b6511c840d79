import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FieldLines } from '../policy/fields.ts';
import type { Downstream } from '../proxy/ports.ts';

/** The client behind a node:http request. `hasBody`: the request announces a body. */
export function createHttpDownstream(
  req: IncomingMessage,
  res: ServerResponse,
  hasBody: boolean,
): Downstream {
  const downstream: Downstream & { closed: boolean } = {
    requestBody: hasBody ? req : undefined,
    clientAddress: req.socket.remoteAddress,
    closed: false,
    informational(status, fields) {
      if (res.headersSent || req.httpVersion === '1.0') return;
      const hints = earlyHints(status, fields);
      if (hints !== undefined) res.writeEarlyHints(hints);
      else if (status === 102) res.writeProcessing();
    },
    send(status, fields, body) {
      if (downstream.closed) return;
      res.writeHead(status, fields as string[]);
      res.end(body);
    },
    begin(status, fields) {
      if (downstream.closed) return;
      res.writeHead(status, fields as string[]);
      // The head of a slow body must not wait for its first byte.
      res.flushHeaders();
    },
    write: (chunk) => downstream.closed || res.write(chunk),
    end() {
      if (!downstream.closed) res.end();
    },
    destroy() {
      downstream.closed = true;
      res.destroy();
    },
    onDrain: undefined,
    onClosed: undefined,
  };
  res.on('drain', () => downstream.onDrain?.());
  res.on('close', () => {
    if (downstream.closed || res.writableFinished) return;
    downstream.closed = true;
    downstream.onClosed?.();
  });
  return downstream;
}

/** The fields of a 103 in node's form (RFC 8297); undefined where node cannot send it. */
function earlyHints(status: number, fields: FieldLines): Record<string, string | string[]> | undefined {
  if (status !== 103) return undefined;
  const hints: Record<string, string | string[]> = {};
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const value = fields[i + 1] as string;
    const known = hints[name];
    hints[name] = known === undefined ? value : [known, value].flat();
  }
  return 'link' in hints ? hints : undefined;
}
