import t from 'tap';
import { parseRequestTarget } from '../../src/policy/request-target.ts';

const TAKEN: readonly { id: string; rfc?: string; given: string; path: string; query?: string }[] = [
  { id: 'root', given: '/', path: '/' },
  { id: 'plain', given: '/products/1', path: '/products/1' },
  { id: 'a query', given: '/a?b=c?d/../e', path: '/a', query: 'b=c?d/../e' },
  { id: 'an empty query', given: '/a?', path: '/a' },
  { id: 'a broken triplet in the query', given: '/a?%zz', path: '/a', query: '%zz' },
  { id: 'double slashes stay', given: '//evil.test/a//b', path: '//evil.test/a//b' },
  {
    id: 'unreserved characters are decoded',
    rfc: '3986 §6.2.2.2',
    given: '/%41%7eb%2D%2e%5Fc',
    path: '/A~b-._c',
  },
  {
    id: 'other triplets in upper case',
    rfc: '3986 §6.2.2.1',
    given: '/a%2fb%c3%bc%3b',
    path: '/a%2Fb%C3%BC%3B',
  },
  { id: 'an encoded percent sign is no second encoding', given: '/a%2541', path: '/a%2541' },
  { id: 'a path parameter stays', given: '/a;x=1/b;y', path: '/a;x=1/b;y' },
  {
    id: 'dots within a segment',
    given: '/.well-known/a.b/..c/d../...',
    path: '/.well-known/a.b/..c/d../...',
  },
  {
    id: 'UTF-8 and Latin-1 that is not overlong',
    given: '/caf%E9/%C3%80%C2%A9/%E0%A0%80/%F0%90%80%80/%C0/a%EF%BC%8Eb',
    path: '/caf%E9/%C3%80%C2%A9/%E0%A0%80/%F0%90%80%80/%C0/a%EF%BC%8Eb',
  },
  { id: 'control characters and spaces, encoded', given: '/a%0a%20b%7f', path: '/a%0A%20b%7F' },
  { id: 'sub-delimiters', given: "/a!$&'()*+,;=:@b", path: "/a!$&'()*+,;=:@b" },
];

for (const row of TAKEN) {
  t.test(`taken: ${row.id}`, (t) => {
    t.strictSame(parseRequestTarget(row.given), { path: row.path, query: row.query ?? '' });
    t.end();
  });
}

const REFUSED: readonly { id: string; rfc?: string; given: readonly string[] }[] = [
  { id: 'not in origin-form', given: ['', '*', 'a', 'http://shop.test/', '?a', 'shop.test:80'] },
  { id: 'dot segments', given: ['/.', '/..', '/./a', '/a/.', '/a/..', '/a/../b', '//../a'] },
  { id: 'encoded dots', given: ['/%2e', '/%2E%2e', '/a/.%2e/b', '/a/%2e./b', '/a/%2e%2E'] },
  {
    id: 'dots beside an encoded slash',
    given: ['/a/..%2fb', '/a%2F../b', '/a%2f..%2fb', '/a%2f.', '/a/%2e%2e%2Fb'],
  },
  { id: 'dots beside a backslash', given: ['/a/..%5cb', '/a%5C..%5Cb', '/a\\..\\b', '/a%5c.'] },
  { id: 'dots before a parameter', given: ['/a/..;/b', '/a/..;x=1/b', '/a/.;x', '/a/..%3b/b', '/a%2f..;/b'] },
  { id: 'dots before what an upstream may cut', given: ['/a/..%3f', '/a/..%23x'] },
  {
    id: 'encoded more than once',
    given: [
      '/a/%252e%252e/b',
      '/a%252f..%252fb',
      '/a%25252f%25252e%25252e',
      '/a/.%252e/b',
      '/a/..%255Cb',
      '/a/..%2500',
    ],
  },
  {
    id: 'dots beside what some trim, cut or drop',
    given: [
      '/a/..%20/b',
      '/a/.%0a./b',
      '/a/%09../b',
      '/a/.%250D.%20/b',
      '/a/..%20',
      '/a/..%09',
      '/a/.%0a/b',
      '/a/..%0D%0A',
      '/a/..%1f',
      '/a/..%2509x',
      '/a/..%7f',
    ],
  },
  {
    id: 'dots and slashes that some fold into ASCII',
    given: ['/a/%ef%bc%8e%EF%BC%8E/b', '/a%EF%BC%8F..%EF%BC%8Fb', '/a/..%EF%BC%BCb', '/a/.%EF%BC%8E'],
  },
  {
    id: 'overlong forms',
    rfc: '3629 §3',
    given: [
      ...['/a/%c0%ae%c0%ae/b', '/a%C0%AFb', '/%C1%81', '/a%e0%80%afb', '/a%E0%9F%BF', '/a%f0%80%80%afb'],
      ...['/a%25c0%25afb', '/a%F0%8F%BF%BF'],
    ],
  },
  { id: 'NUL', given: ['/a%00', '/a%00.css', '/%00'] },
  { id: 'broken triplets', given: ['/%', '/%2', '/%zz', '/%u002e', '/a%2', '/%%32e'] },
  { id: 'fragments', given: ['/a#b', '/a?b#c'] },
  {
    id: 'control characters and spaces',
    given: ['/a b', '/a\tb', '/a\nb', '/a?b c', '/a?b\r', '/a\x7f', '/a?\x00'],
  },
  { id: 'bytes beyond ASCII', given: ['/\u00fc', '/a?\u00fc', '/\uff0e\uff0e/'] },
  { id: 'what no path may hold', given: ['/"', '/<', '/>', '/^', '/`', '/{', '/|', '/}', '/[', '/]'] },
];

for (const row of REFUSED) {
  t.test(`refused: ${row.id}`, (t) => {
    for (const given of row.given) t.equal(parseRequestTarget(given), undefined, JSON.stringify(given));
    t.end();
  });
}
