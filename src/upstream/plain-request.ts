import type { UpstreamRequest } from '../proxy/ports.ts';

const TARGET = /^\/[!-~]*$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const UNSENDABLE = /[^\t -~\x80-\xff]/;
/** Fields that say something of the message or the connection. */
const TELLING =
  /^(?:connection|content-length|expect|host|http2-settings|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

/** The bytes of a GET or HEAD without a body (latin1), as undici would write them; undefined for every other request. */
export function plainRequest(
  { method, target, body, fields }: UpstreamRequest,
  host: string,
): string | undefined {
  if (
    (method !== 'GET' && method !== 'HEAD') ||
    body !== undefined ||
    !TARGET.test(target) ||
    UNSENDABLE.test(host)
  )
    return undefined;
  // Some send a body behind the head that a HEAD is answered with.
  const connection = method === 'HEAD' ? 'close' : 'keep-alive';
  let text = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${connection}\r\n`;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (!NAME.test(name) || TELLING.test(name) || UNSENDABLE.test(value)) return undefined;
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}
