/*
 * How upstreams read a path: each makes a resource's name of what it receives, as servers and frameworks have been seen
 * to. What a rule takes must be what all of them take it for.
 */

export type Reading = (path: string) => string;

const decode: Reading = (path) =>
  path.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/** Without `.` and `..`, and with single slashes. */
const resolve: Reading = (path) => {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
};

const bySegment =
  (read: Reading): Reading =>
  (path) =>
    path.split('/').map(read).join('/');
const withoutParameters = bySegment((segment) => segment.replace(/;.*$/, ''));
const cutAt =
  (pattern: RegExp): Reading =>
  (path) =>
    path.slice(0, path.search(pattern) < 0 ? undefined : path.search(pattern));
const overlong: Reading = (path) =>
  path
    .replace(/([\xc0\xc1])([\x80-\xbf])/g, (_, a: string, b: string) =>
      String.fromCharCode(((a.charCodeAt(0) & 0x1f) << 6) | (b.charCodeAt(0) & 0x3f)),
    )
    .replace(/\xe0([\x80-\x9f])([\x80-\xbf])/g, (_, a: string, b: string) =>
      String.fromCharCode(((a.charCodeAt(0) & 0x3f) << 6) | (b.charCodeAt(0) & 0x3f)),
    );
const folded: Reading = (path) => Buffer.from(path, 'latin1').toString().normalize('NFKC');
const backslashes: Reading = (path) => path.replaceAll('\\', '/');
/** Trailing dots and spaces of a name are none to Windows, but for `.` and `..`. */
const windows: Reading = (path) =>
  bySegment((segment) => (/^\.{1,2}[ ]*$/.test(segment) ? segment.trim() : segment.replace(/[ .]+$/, '')))(
    backslashes(path),
  ).toLowerCase();

const all =
  (...readings: readonly Reading[]): Reading =>
  (path) =>
    readings.reduce((read, next) => next(read), path);

/** Of latin1, all but what can be seen, spaces and what is beyond ASCII. */
const CONTROL = /[^ -~\x80-\xff]/;

/** By how they read. */
export const READINGS: Readonly<Record<string, Reading>> = {
  'as it came': (path) => path,
  decoded: all(decode, resolve),
  'resolved, then decoded': all(resolve, decode),
  'decoded twice': all(decode, decode, resolve),
  'decoded three times': all(decode, decode, decode, resolve),
  'without parameters, then decoded': all(withoutParameters, decode, resolve),
  'decoded, then without parameters': all(decode, withoutParameters, resolve),
  'decoded twice, then without parameters': all(decode, decode, withoutParameters, resolve),
  'cut at the first parameter': all(decode, cutAt(/;/), resolve),
  'cut at NUL': all(decode, cutAt(/\0/), resolve),
  'cut at a query or fragment in it': all(decode, cutAt(/[?#]/), resolve),
  'cut at a query, decoded twice': all(decode, decode, cutAt(/[?#]/), resolve),
  'cut at a line': all(decode, cutAt(/[\r\n]/), resolve),
  'cut at a control character, decoded twice': all(decode, decode, cutAt(CONTROL), resolve),
  'without control characters': all(decode, (path) => path.replace(new RegExp(CONTROL, 'g'), ''), resolve),
  'with backslashes': all(decode, backslashes, resolve),
  'on Windows': all(decode, windows, resolve),
  'on Windows, decoded twice': all(decode, decode, windows, resolve),
  'with overlong UTF-8': all(decode, overlong, resolve),
  'with overlong UTF-8, decoded twice': all(decode, decode, overlong, resolve),
  'folded into ASCII': all(decode, folded, backslashes, resolve),
};
