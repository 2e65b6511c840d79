const HEAD = /HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/y;
const CHUNK = /([0-9a-f]+)\r\n/y;

/**
 * Why a client cannot read this as answers, one behind the other, by the lengths that they name (RFC 9112 §6.3), the last
 * of them perhaps cut; undefined where it can. X-Method says what was answered.
 */
export function misframed(text: string): string | undefined {
  for (let at = 0; at < text.length; ) {
    HEAD.lastIndex = at;
    const head = HEAD.exec(text);
    if (head === null) {
      const rest = text.slice(at);
      const isCut = !rest.includes('\r\n\r\n') && 'HTTP/1.1 '.startsWith(rest.slice(0, 9));
      return isCut ? undefined : `no answer begins at ${at}: ${JSON.stringify(rest.slice(0, 200))}`;
    }
    const [, status, fields = ''] = head;
    const hasBody = !/^(?:1\d\d|204|304)$/.test(`${status}`) && !fields.includes('X-Method: HEAD');
    at = hasBody ? endOfBody(text, HEAD.lastIndex, fields) : HEAD.lastIndex;
  }
  return undefined;
}

/** Where the next answer begins, or what is no chunk; behind the text where it is cut. */
function endOfBody(text: string, from: number, fields: string): number {
  const length = /^content-length: (\d+)\r$/im.exec(fields)?.[1];
  if (length !== undefined) return from + Number(length);
  // HTTP/1.0 ends an answer with its connection.
  if (!/^transfer-encoding: chunked\r$/im.test(fields))
    return /^connection: close\r$/im.test(fields) ? text.length : from;
  for (let at = from; at < text.length; ) {
    CHUNK.lastIndex = at;
    const chunk = CHUNK.exec(text);
    if (chunk === null) return text.includes('\r\n', at) ? at : text.length;
    const size = Number.parseInt(`${chunk[1]}`, 16);
    at = CHUNK.lastIndex + size + 2;
    if (size === 0) return at;
  }
  return text.length;
}
