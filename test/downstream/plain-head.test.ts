import fc from 'fast-check';
import t from 'tap';
import { readFastHead } from '../../src/downstream/fast-head.ts';
import { namePattern } from '../../src/downstream/name-pattern.ts';
import { createPlaces } from '../../src/downstream/places.ts';
import { createPlainHeads } from '../../src/downstream/plain-head.ts';
import { readRequestHead } from '../../src/downstream/request-head.ts';
import { HARMLESS, ROUTING } from '../../src/policy/request-field-names.ts';

const LIMITS = { maxFields: 29, maxTarget: 40 };
const read = createPlainHeads(LIMITS);

const PLAIN = ['Accept: */*\r\n', 'ACCEPT-LANGUAGE: en\r\n', 'Pragma:\r\n', 'If-None-Match:\t"1" \r\n'];
const GIVEN: readonly { id: string; given: string; asks?: boolean }[] = [
  { id: 'Host alone', given: 'Host: a.test\r\n' },
  { id: 'what is harmless around it', given: 'Accept:\r\nHost: a.test\r\nx-b3-traceid: 1\r\n' },
  { id: 'a kept connection', given: 'Connection: Keep-Alive\r\nHost: a.test\r\n' },
  { id: 'what is for routing', given: 'Host: a.test\r\nX-Forwarded-Host: b.test\r\n' },
  { id: 'Cache-Control', given: 'Host: a.test\r\nCache-Control: no-cache\r\nDNT: 1\r\n', asks: true },
  { id: 'Pragma', given: 'pragma: no-cache\r\nHost: a.test\r\n', asks: true },
  { id: 'a condition', given: 'Host: a.test\r\nIf-None-Match: "1"\r\n', asks: true },
  { id: 'another', given: 'Accept: 1\r\nIf-Modified-Since: 0\r\nHost: a.test\r\n', asks: true },
  { id: 'no id that is taken over', given: 'Host: a.test\r\nX-Request-Id: a b\r\n', asks: true },
];

t.test('plain heads, and whether they ask for anything', async (t) => {
  for (const { id, given, asks = false } of GIVEN) {
    const text = `GET /a?b=c HTTP/1.1\r\n${given}\r\n`;
    const head = read(`xyz${text}GET /`, 3);
    t.match(head, { method: 'GET', authority: 'a.test', path: '/a', query: 'b=c', asksNothing: !asks }, id);
    t.equal(head?.end, 3 + text.length, id);
  }
});

const NOT_PLAIN = [
  ...['Cookie: a=b', 'Authorization: x', 'X-App: 1', 'Range: bytes=0-1', 'If-Range: "1"', 'If-Match: "1"'],
  ...[
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Upgrade: h2c',
    'TE: trailers',
  ],
  ...[
    'Connection: close',
    'Connection: keep-alive, accept',
    'Host: b.test',
    'Accept : 1',
    ' Accept: 1',
    'Accept: \x80',
  ],
  ...['Content-Type: a/b', 'Accept-: 1', 'Accep: 1', 'If-Unmodified-Since: 0', 'Host: a b', 'Host: a.test\n'],
];

t.test('an id is read on the way', async (t) => {
  const idOf = (lines: string) => read(`GET / HTTP/1.1\r\n${lines}\r\n`, 0);
  t.match(idOf('Host: a.test\r\nX-Request-Id:  a-1 \r\nAccept: 1\r\n'), { id: 'a-1', asksNothing: true });
  t.match(idOf('Accept: 1\r\nx-request-id:a-1\r\nDNT: 1\r\nHost: a.test\r\n'), {
    id: 'a-1',
    asksNothing: true,
  });
  t.match(idOf('Host: a.test\r\nDNT: 1\r\n'), { id: undefined });
  const twice = 'X-Request-Id: a\r\nHost: a.test\r\nX-Request-Id: b\r\n';
  t.equal(idOf(twice), undefined);
  t.match(idOf('Host: a.test\r\nX-Request-Id: a\r\nX-Request-Id: b\r\n'), { asksNothing: false });
});

t.test('everything else is not plain', async (t) => {
  for (const line of NOT_PLAIN) {
    t.equal(read(`GET / HTTP/1.1\r\nHost: a.test\r\n${line}\r\n\r\n`, 0), undefined, line);
    t.equal(read(`GET / HTTP/1.1\r\n${line}\r\nHost: a.test\r\n\r\n`, 0), undefined, `${line}, first`);
  }
  const whole = [
    ...[
      'get / HTTP/1.1',
      'GET / http/1.1',
      'GET / HTTP/1.0',
      'POST / HTTP/1.1',
      'GET * HTTP/1.1',
      'GET /\x80 HTTP/1.1',
    ],
    ...[
      'GET /a/../b HTTP/1.1',
      `GET /${'a'.repeat(LIMITS.maxTarget)} HTTP/1.1`,
      'GET  / HTTP/1.1',
      'GET /# HTTP/1.1',
    ],
  ];
  for (const line of whole) t.equal(read(`${line}\r\nHost: a.test\r\n\r\n`, 0), undefined, line);
  t.equal(read('GET / HTTP/1.1\r\nAccept: 1\r\n\r\n', 0), undefined, 'no Host');
  t.equal(read('GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 0), undefined, 'no such host');
  t.equal(read('GET / HTTP/1.1\r\nHost: a.test\r\n', 0), undefined, 'not whole');
  const many = 'Accept: 1\r\n'.repeat(LIMITS.maxFields);
  t.equal(read(`GET / HTTP/1.1\r\nHost: a.test\r\n${many}\r\n`, 0), undefined, 'too many lines');
  const none = createPlainHeads({ ...LIMITS, maxFields: 2 });
  t.equal(none('GET / HTTP/1.1\r\nPragma: a\r\nHost: a\r\nPragma: a\r\n\r\n', 0), undefined);
});

const name = fc.oneof(
  fc.constantFrom(...HARMLESS, ...ROUTING),
  fc.constantFrom('Host', 'cookie', 'range', 'x-app', 'connection', 'content-length', 'te'),
);
const value = fc.oneof(fc.constantFrom('keep-alive', 'a.test', '0', ''), fc.stringMatching(/^[\t -~]{0,9}$/));
const line = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...PLAIN) },
  { weight: 3, arbitrary: fc.tuple(name, value).map(([n, v]) => `${n}: ${v}\r\n`) },
  { weight: 1, arbitrary: fc.stringMatching(/^[\n\r -~\xff]{0,9}$/) },
);
const head = fc
  .tuple(
    fc.constantFrom('GET', 'HEAD', 'gET'),
    fc.oneof(fc.constantFrom('/', '/a?b=c', '/%41', '/a%2f'), fc.webPath()),
    fc.array(line, { maxLength: 4 }),
    fc.constantFrom('Host: a.test\r\n', 'host:\tA.test:80 \r\n'),
    fc.array(line, { maxLength: 9 }),
  )
  .map(
    ([method, target, before, host, behind]) =>
      `${method} ${target} HTTP/1.1\r\n${before.join('')}${host}${behind.join('')}\r\n`,
  );

t.test('what is read as plain is read as by those who read all fields', async (t) => {
  let plain = 0;
  const same = (text: string): void => {
    const short = read(text, 0);
    if (short === undefined) return;
    plain++;
    const long = readFastHead(text, 0);
    if (typeof long !== 'object') throw new Error('is no fast head');
    const whole = readRequestHead({ ...long, version: '1.1', scheme: 'http' }, LIMITS);
    if (whole.kind !== 'head') throw new Error(`is refused: ${whole.why}`);
    const { method, scheme, authority, path, query, fields } = short;
    const found = JSON.stringify({ method, scheme, authority, path, query, fields, end: short.end });
    if (found !== JSON.stringify({ ...whole.head, end: long.end })) throw new Error(found);
  };
  fc.assert(fc.property(head, same), { numRuns: 3000 });
  t.ok(plain > 250, `${plain} of 3,000 are plain`);
});

t.test('a pattern of names matches each of them, and nothing else', async (t) => {
  const letters = fc.stringMatching(/^[a-c-]{1,4}$/);
  const exact = ([names, other]: [string[], string]): void => {
    const pattern = new RegExp(`^(?:${namePattern(names)})$`);
    for (const one of names) if (!pattern.test(one)) throw new Error(`${pattern} is not ${one}`);
    if (pattern.test(other) !== names.includes(other)) throw new Error(`${pattern}, ${other}`);
  };
  fc.assert(fc.property(fc.tuple(fc.array(letters, { minLength: 1, maxLength: 9 }), letters), exact));
  t.pass();
});

t.test('places that are asked for stay, others are forgotten', async (t) => {
  const places = createPlaces(2);
  const placeOf = (path: string) => ({ authority: 'a', path, query: '' });
  const asked = places.add('A', '/asked', placeOf('/asked'));
  for (let i = 0; i < 10; i++) {
    places.add('A', `/${i}`, placeOf(`/${i}`));
    t.equal(places.get('A', '/asked'), asked);
  }
  t.equal(places.get('A', '/0'), undefined);
  t.equal(places.get('B', '/asked'), undefined);
  const long = `/${'a'.repeat(600)}`;
  places.add('A', long, placeOf(long));
  t.equal(places.get('A', long), undefined, 'too long to be remembered');
});
