import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problemBody } from '../proxy/problem.ts';
import { requestId } from './request-id.ts';

/** An answer to a request that never got in: a problem body (RFC 9457), and the connection closes. */
export interface Refusal {
  readonly id: string;
  readonly status: number;
  readonly why: string;
  readonly fields: string[];
  readonly body: Uint8Array;
  /** The whole message, for sockets that have no response object. */
  bytesTo(method: string): Buffer;
}

const NOTHING = Buffer.alloc(0);

/** `retryAfter`: s. */
export function refusal(status: number, why: string, id: string, retryAfter?: number): Refusal {
  const body = problemBody(status, why, id);
  const fields = ['Content-Type', 'application/problem+json', 'Content-Length', String(body.byteLength)];
  fields.push('X-Request-Id', id, 'Connection', 'close', 'Cache-Control', 'no-store');
  if (retryAfter !== undefined) fields.push('Retry-After', String(retryAfter));
  if (status === 405) fields.push('Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n`;
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  const bytesTo = (method: string): Buffer =>
    Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), method === 'HEAD' ? NOTHING : body]);
  return { id, status, why, fields, body, bytesTo };
}

/**
 * Refuses what could not be read, or did not come, on a socket that has no response object. `method`: where at least
 * that is known.
 */
export function writeRefusal(socket: Duplex, status: number, why: string, method = ''): Refusal {
  const refused = refusal(status, why, requestId([]));
  socket.write(refused.bytesTo(method));
  return refused;
}
