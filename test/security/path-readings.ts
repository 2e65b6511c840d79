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

/** What a segment can be ended, or two be joined, by. */
const SEPARATORS = [
  ...[
    '/',
    '//',
    '%2f',
    '%2F',
    '%252f',
    '%25252F',
    '%5c',
    '%255C',
    '\\',
    '%c0%af',
    '%C1%9C',
    '%e0%80%af',
    '%25c0%25af',
  ],
  ...['%ef%bc%8f', '%EF%BC%BC', '/;/', ';/', '/;x/', '%3b/', '/%20/', '/./', '%00/', '/%00', '%0a/', '/%09'],
];
const DOTS = [
  ...[
    '..',
    '.',
    '%2e%2e',
    '.%2e',
    '%2E.',
    '%252e%252e',
    '.%252e',
    '%25252e%25252e',
    '..;',
    '..;x=1',
    '..;;',
    '%2e%2e;',
  ],
  ...[
    '..%00',
    '..%20',
    '..%09',
    '..%0a',
    '..%0d%0a',
    '..%7f',
    '.%09.',
    '%0a..',
    '.%00.',
    '..%3b',
    '..%3f',
    '..%23',
    '..%2500',
  ],
  ...[
    '..%253b',
    '%c0%ae%c0%ae',
    '.%c0%ae',
    '%e0%80%ae.',
    '%25c0%25ae.',
    '%ef%bc%8e%ef%bc%8e',
    '.%EF%BC%8E',
    '..%5c..',
    '..%2f..',
  ],
  ...['%u002e%u002e', '..%', '%%32%65.', '..\\', '.\t.', '.\0.'],
];
const DELIMITERS = [
  ...[
    ';',
    ';x=',
    '%3b',
    '%3B',
    '%253b',
    '%00',
    '%2500',
    '%0a',
    '%0d',
    '%0d%0a',
    '%250a',
    '%09',
    '%20',
    '%2520',
    '%7f',
    '%1f',
  ],
  ...[
    '%23',
    '%2523',
    '#',
    '%3f',
    '%3F',
    '%253f',
    '%2f',
    '%2F',
    '%252f',
    '%5c',
    '%255c',
    '\\',
    '!',
    '$',
    ',',
    ':',
    '@',
    '~',
    '%7e',
  ],
  ...[
    '&',
    "'",
    '*',
    '+',
    '=',
    '(',
    '%2e',
    '.',
    '%252e',
    '%c0%af',
    '%c0%bb',
    '%c0%bf',
    '%c0%80',
    '%ef%bc%9b',
    '%EF%BC%9F',
    '%ef%bc%83',
  ],
  ...[
    '/..;/',
    '/.;',
    '%2f..;',
    '%26',
    '%24',
    '%40',
    '%5e',
    '%7c',
    '|',
    '^',
    '"',
    '%22',
    '<',
    '{',
    '`',
    ' ',
    '\t',
    '\0',
    '\x7f',
  ],
];

/** Spellings of a private page that look as if they were something shared, and the other way round. */
export const DECEPTIVE: readonly string[] = [
  ...SEPARATORS.flatMap((a) => SEPARATORS.map((b) => `/static${a}..${b}account`)),
  ...DOTS.flatMap((dots) =>
    SEPARATORS.slice(0, 12).flatMap((a) => [
      `/static${a}${dots}${a}account`,
      `/static/a/${dots}${a}${dots}/account`,
    ]),
  ),
  ...DOTS.flatMap((dots) => [
    `/static/${dots}`,
    `/static/${dots}/account`,
    `/account/${dots}/static/x.css`,
    `/${dots}account/x.css`,
  ]),
  ...DELIMITERS.flatMap((delimiter) => [
    ...[
      `/account${delimiter}x.css`,
      `/account${delimiter}.css`,
      `/account${delimiter}/x.css`,
      `/account${delimiter}static/x.css`,
    ],
    ...[
      `/account${delimiter}${delimiter}x.css`,
      `/assets/x.css${delimiter}/../../account`,
      `/static${delimiter}/../account`,
    ],
    ...[
      `/account/me${delimiter}x.css`,
      `/account${delimiter}`,
      `/img/${delimiter}account`,
      `/accoun${delimiter}t/x.css`,
    ],
  ]),
  ...[
    '/account',
    '/Account',
    '/ACCOUNT/x.css',
    '/account/',
    '//account',
    '//static/../account',
    '/account.',
    '/account/x.css',
  ],
  ...[
    '/%61ccount',
    '/a%63count%2fx.css',
    '/static/x.css',
    '/assets/x.css',
    '/x.css',
    '/img/a%20b',
    '/img/caf%C3%A9',
    '/static/a%2fb',
  ],
];
