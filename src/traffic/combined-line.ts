import { parseClfTime } from './log-time.ts';
import { isMethod, namedTarget } from './named-target.ts';
import { barely, type ReadLine, unreadable } from './traffic-request.ts';

/** Up to the quoted request line: nobody can forge it, since quotes in what clients say are escaped. */
const DATE = /\[(\d\d\/[A-Z][a-z]{2}\/\d{4}:[^\]]{1,30})\] "/;
const STATUS = /^ (\d{3}|-) (\d+|-)(?= |$)/;
/** `vhost:80 address ident user`, as Apache's vhost_combined begins. */
const VIRTUAL_HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/;
/** The peer, an address and a name nobody asks for any more; what stands behind is the user, who may have blanks. */
const BEFORE_USER = /^(\S+) (\S+) (\S+)/;

/**
 * Reads a line of Common or Combined Log Format, as Apache, nginx and varnishncsa write it: with escapes, IPv6, `-`, a
 * virtual host in front, an absolute URL in the request line, or more behind.
 */
export function readCombinedLine(line: string): ReadLine {
  const date = DATE.exec(line);
  if (date === null) return unreadable('no line of Common or Combined Log Format');
  const start = date.index + date[0].length;
  const end = closingQuote(line, start);
  if (end < 0) return unreadable('the request line is not closed');
  const figures = STATUS.exec(line.slice(end + 1, end + 40));
  if (figures === null) return unreadable('no status and size behind the request line');
  const requestLine = line.slice(start, end);
  const [method = '', target = '', ...rest] = (
    requestLine.includes('\\') ? unescaped(requestLine) : requestLine
  ).split(' ');
  const isWhole = rest.length === 0 || (rest.length === 1 && rest[0]?.startsWith('HTTP/'));
  if (!isMethod(method) || !isWhole) return unreadable('no request: the server could not read it either');
  const named = namedTarget(target);
  if (named === undefined) return unreadable('the request names no path');
  const { authority = virtualHost(line) } = named;
  const [, status, bytes] = figures;
  return {
    kind: 'request',
    format: 'combined',
    request: barely({
      time: parseClfTime(date[1] ?? ''),
      method,
      target: named.target,
      authority,
      status: status === '-' ? undefined : Number(status),
      bytes: bytes === '-' ? 0 : Number(bytes),
      hasUser: hasUser(line.slice(0, date.index)),
    }),
  };
}

function closingQuote(line: string, from: number): number {
  for (let at = from; ; at++) {
    at = line.indexOf('"', at);
    if (at < 0) return -1;
    let slashes = 0;
    while (line[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
  }
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', v: '\v', f: '\f' };

/** Bytes as they came: `\x22` (nginx, Apache), `\"`, `\\` and those of C. */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9A-Fa-f]{2})|(.))/g, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPED[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function virtualHost(line: string): string | undefined {
  const space = line.indexOf(' ');
  const [, host, port] = VIRTUAL_HOST.exec(line.slice(0, space)) ?? [];
  // An address of IPv6 without brackets ends like a port, but has more colons.
  if (host === undefined) return undefined;
  return (port === '80' || port === '443' ? host : `${host}:${port}`).toLowerCase();
}

function hasUser(before: string): boolean {
  const space = before.indexOf(' ');
  const rest = VIRTUAL_HOST.test(before.slice(0, space)) ? before.slice(space + 1) : before;
  const user = BEFORE_USER.exec(rest)?.[3];
  return user !== undefined && user !== '-' && user !== '""';
}
