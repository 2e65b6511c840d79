import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { type Running, running } from '../admin/running.ts';
import { request, tell } from './admin-wire.ts';

/*
 * A purge of everything needs its own flag, and no body is above 64 KiB: bodies that are none, or that two readers could
 * understand in two ways, or that are to cost more than they should. What is refused purges nothing.
 */

const ALL = '{"all":true}';
const MAX = 64 * 1024;

interface Row {
  readonly id: string;
  readonly sends: string | Buffer;
  readonly expects: number;
  readonly lines?: readonly string[];
  readonly path?: string;
}

async function start(t: Test) {
  let changes = 0;
  const changed = async () => {
    changes++;
    throw new Error('none');
  };
  const server = await running(t, { tokens: [], warm: changed });
  return { ...server, changes: () => changes + server.appended.length };
}

async function check(t: Test, server: Running & { changes(): number }, rows: readonly Row[]) {
  for (const { id, sends, expects, lines = [], path = '/purge' } of rows) {
    const before = server.changes();
    const began = performance.now();
    const bytes = Buffer.isBuffer(sends) ? sends : Buffer.from(sends);
    const isFramed = lines.some((line) => /^(content-length|transfer-encoding):/i.test(line));
    const length = isFramed ? [] : [`Content-Length: ${bytes.length}`];
    const head = request('POST', path, [...lines, ...length]);
    const heard = await tell(server.port, head, bytes);
    const changed = server.changes() - before;
    const took = performance.now() - began;
    const isFine = heard.status === expects && heard.answers === 1 && (expects < 300 || changed === 0);
    t.ok(isFine && took < 2_000, id, isFine ? { took } : { heard, changed, expects });
    t.ok(heard.text.length < 16_000 || expects < 300, `${id}: a short answer`);
  }
}

const chunked = (body: string) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const CHUNKED = ['Transfer-Encoding: chunked'];
/** `{"tag":"…"}` of so many bytes. */
const sized = (bytes: number) => JSON.stringify({ tags: Array(12).fill('x'.repeat(5_000)) }).padEnd(bytes);

t.test('bodies', async (t) => {
  const server = await start(t);
  await check(t, server, [
    { id: '64 KiB', sends: sized(MAX), expects: 200 },
    { id: '64 KiB and one byte', sends: sized(MAX + 1), expects: 413 },
    { id: '64 KiB, chunked', sends: chunked(sized(MAX)), lines: CHUNKED, expects: 200 },
    { id: '64 KiB and one byte, chunked', sends: chunked(sized(MAX + 1)), lines: CHUNKED, expects: 413 },
    { id: '2 MiB', sends: sized(2 * 1024 * 1024), expects: 413 },
    { id: '2 MiB, chunked', sends: chunked(sized(2 * 1024 * 1024)), lines: CHUNKED, expects: 413 },
    { id: '1 TiB announced', sends: '{', lines: ['Content-Length: 1099511627776'], expects: 413 },
    {
      id: 'a length beyond all numbers',
      sends: ALL,
      lines: [`Content-Length: ${'9'.repeat(30)}`],
      expects: 400,
    },
    { id: 'an odd chunk', sends: 'zz\r\n', lines: CHUNKED, expects: 400 },
    { id: 'empty', sends: '', expects: 400 },
    { id: 'spaces', sends: '   ', expects: 400 },
    ...['null', 'true', '1', '-0', '"x"', '[]', '[{"all":true}]', '{}', '{'].map((sends) => ({
      id: sends,
      sends,
      expects: 400,
    })),
    { id: 'two values', sends: `${ALL}${ALL}`, expects: 400 },
    { id: 'two lines', sends: `${ALL}\n${ALL}`, expects: 400 },
    { id: 'something behind', sends: `${ALL}x`, expects: 400 },
    { id: 'a comma at the end', sends: '{"all":true,}', expects: 400 },
    { id: 'a comment', sends: '{"all":true/**/}', expects: 400 },
    { id: 'single quotes', sends: "{'all':true}", expects: 400 },
    { id: 'no quotes', sends: '{all:true}', expects: 400 },
    { id: 'NaN', sends: '{"wait":NaN,"all":true}', expects: 400 },
    { id: 'a form', sends: 'all=true', expects: 400 },
    { id: 'XML', sends: '<all>true</all>', expects: 400 },
    { id: 'NUL', sends: '{"all":true}\0', expects: 400 },
    { id: 'a byte order mark', sends: `\ufeff${ALL}`, expects: 200 },
    { id: 'two of them', sends: `\ufeff\ufeff${ALL}`, expects: 400 },
    { id: 'UTF-16', sends: Buffer.from(ALL, 'utf16le'), expects: 400 },
    { id: 'no UTF-8', sends: Buffer.from('{"tag":"\xff"}', 'latin1'), expects: 400 },
    { id: 'UTF-8 cut', sends: Buffer.from('{"tag":"\xc3"}', 'latin1'), expects: 400 },
    { id: 'UTF-8 overlong', sends: Buffer.from('{"tag":"\xc0\xaf"}', 'latin1'), expects: 400 },
    { id: 'UTF-8 of a surrogate', sends: Buffer.from('{"tag":"\xed\xa0\x80"}', 'latin1'), expects: 400 },
    { id: 'half a character', sends: '{"tag":"\\ud800"}', expects: 400 },
    { id: 'a control character', sends: '{"tag":"a\\u0000b"}', expects: 400 },
    { id: 'C1', sends: '{"tag":"a\\u009bb"}', expects: 400 },
    { id: 'a line', sends: '{"url":"/a\\r\\nHost: x"}', expects: 400 },
    { id: 'gzip', sends: gzipSync(ALL), lines: ['Content-Encoding: gzip'], expects: 415 },
    { id: 'gzip, unsaid', sends: gzipSync(ALL), expects: 400 },
    { id: 'gzip that is none', sends: ALL, lines: ['Content-Encoding: gzip'], expects: 415 },
    { id: 'identity', sends: ALL, lines: ['Content-Encoding: Identity'], expects: 200 },
    { id: 'identity and gzip', sends: ALL, lines: ['Content-Encoding: identity, gzip'], expects: 415 },
    {
      id: 'two codings',
      sends: ALL,
      lines: ['Content-Encoding: identity', 'Content-Encoding: gzip'],
      expects: 400,
    },
    { id: 'gzip as transfer coding', sends: ALL, lines: ['Transfer-Encoding: gzip'], expects: 400 },
    { id: '30,000 deep', sends: `${'['.repeat(30_000)}${']'.repeat(30_000)}`, expects: 400 },
    { id: '10,000 deep', sends: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, expects: 400 },
    { id: 'deep in a member', sends: `{"url":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, expects: 400 },
    { id: 'deep and open', sends: '['.repeat(60_000), expects: 400 },
    { id: 'a name twice', sends: '{"all":true,"all":true}', expects: 400 },
    { id: 'dry-run, and not', sends: '{"all":true,"dry-run":true,"dry-run":false}', expects: 400 },
    { id: 'a name twice, escaped', sends: '{"tag":"a","t\\u0061g":"b"}', expects: 400 },
    { id: 'a name twice, within', sends: '{"purges":[{"tag":"a","tag":"b"}]}', expects: 400 },
    { id: 'a name in two objects', sends: '{"purges":[{"tag":"a"},{"tag":"b"}]}', expects: 200 },
    { id: 'a text like a name', sends: '{"tag":"\\"tag\\":","tags":["{","tag"]}', expects: 200 },
    { id: '__proto__', sends: '{"__proto__":{"all":true}}', expects: 400 },
    { id: '__proto__ beside', sends: '{"tag":"a","__proto__":{"dry-run":true}}', expects: 400 },
    { id: '__proto__ of a list', sends: '{"__proto__":{"purges":[{"all":true}]}}', expects: 400 },
    { id: 'constructor', sends: '{"constructor":{"prototype":{"all":true}}}', expects: 400 },
    { id: 'toString', sends: '{"tag":"a","toString":1}', expects: 400 },
    { id: 'unknown', sends: '{"tag":"a","al":true}', expects: 400 },
    { id: 'unknown within', sends: '{"purges":[{"tag":"a","dry-run":true}]}', expects: 400 },
    {
      id: 'unknown by the thousand',
      sends: JSON.stringify(Object.fromEntries(Array.from({ length: 6_000 }, (_, i) => [`k${i}`, 1]))),
      expects: 400,
    },
    { id: 'an unknown one of 60 KiB', sends: `{"${'k'.repeat(60_000)}":1}`, expects: 400 },
    { id: 'a text of 60 KiB', sends: JSON.stringify({ tag: 'x'.repeat(60_000) }), expects: 400 },
  ]);
  const proto: unknown = Reflect.get({}, 'all');
  t.equal(proto, undefined, 'no prototype was changed');
});

t.test('each member with what it cannot be', async (t) => {
  const server = await start(t);
  const wrong: readonly unknown[] = [
    null,
    0,
    1,
    -1,
    1e308,
    '',
    [],
    {},
    [null],
    [1],
    [''],
    [[]],
    [{}],
    ['/a', 1],
    { length: 1, 0: '/a' },
    { url: '/a' },
  ];
  const texts = ['url', 'tag', 'group', 'route', 'prefix', 'glob'];
  const lists = ['urls', 'tags', 'purges'];
  const flags = ['all', 'soft', 'dry-run'];
  const rows = (names: readonly string[], values: readonly unknown[], beside: object, path = '/purge') =>
    names.flatMap((name) =>
      values.map((value): Row => {
        const sends = JSON.stringify({ ...beside, [name]: value });
        return { id: `${path} ${sends}`, sends, path, expects: 400 };
      }),
    );
  const isWanted = (value: unknown) => typeof value === 'string' && value !== '';
  await check(
    t,
    server,
    [
      ...rows(texts, [...wrong, true, false, '\t'], { origin: 'http://a' }),
      ...rows(lists, [...wrong, true, '/a'], {}),
      ...rows(flags, [...wrong.filter((value) => value !== true), 'true', 'yes'], { tag: 'a' }),
      ...rows(
        ['wait'],
        [...wrong.filter((v) => v !== 1), 'soon', '5', '5m', '31s', '-1s', '1e3s', ' 2s', 30_001],
        { tag: 'a' },
      ),
      ...rows(['origin'], [...wrong, true, 'shop.example', 'ftp://a', 'http://a/b', 'http://u@a'], {
        group: 'a',
      }),
      ...rows(['paths'], [...wrong, true, '/a', ['a'], ['/a/../b']], {}, '/warm'),
      ...rows(['host'], [...wrong, true, 'a b', 'a/b', 'u@a', 'a:b', '[a]'], { paths: ['/a'] }, '/warm'),
      ...rows(
        ['concurrency'],
        [...wrong.filter((v) => v !== 1), true, '4', 1.5, 33],
        { paths: ['/a'] },
        '/warm',
      ),
      ...rows(['path', '__proto__x', 'toString'], ['/a'], { paths: ['/a'] }, '/warm'),
    ].filter(({ sends }) => isWanted(sends)),
  );
});

t.test('everything is purged by its flag alone', async (t) => {
  const server = await start(t);
  const everything = [
    { all: false },
    { all: 'true' },
    { all: 1 },
    { prefix: '/' },
    { prefix: '/./' },
    { prefix: '/%2e' },
    { prefix: '' },
    { prefix: '*' },
    { glob: '/**' },
    { glob: '/***' },
    { glob: `/${'*'.repeat(8_000)}` },
    { glob: '**' },
    { glob: '*' },
    { glob: 'http*://**' },
    { url: '' },
    { tags: [] },
    { urls: [] },
    { purges: [] },
    { purges: [{}] },
    { purges: [{ soft: true }] },
    { purges: [{ tag: 'a' }, { prefix: '/' }] },
    { soft: true },
    { 'dry-run': true },
  ];
  await check(
    t,
    server,
    everything.map((body) => ({
      id: JSON.stringify(body).slice(0, 60),
      sends: JSON.stringify(body),
      expects: 400,
    })),
  );
});

t.test('selectors by the ten thousand, and patterns that are to take for ever', async (t) => {
  const server = await start(t);
  const many = (one: (i: number) => string, count: number) => Array.from({ length: count }, (_, i) => one(i));
  await check(t, server, [
    { id: '10,000 tags', sends: JSON.stringify({ tags: many((i) => `${i % 9_000}`, 9_000) }), expects: 200 },
    { id: '8,000 URLs', sends: JSON.stringify({ urls: many((i) => `/${i}`, 8_000) }), expects: 200 },
    {
      id: '1,000 purges',
      sends: JSON.stringify({ purges: many((i) => `g${i}`, 1_000).map((tag) => ({ tag })) }),
      expects: 200,
    },
    {
      id: '1,001 purges',
      sends: JSON.stringify({ purges: many((i) => `g${i}`, 1_001).map((tag) => ({ tag })) }),
      expects: 400,
    },
    {
      id: '1,000 globs',
      sends: JSON.stringify({ purges: many((i) => `/*${i}*`, 1_000).map((glob) => ({ glob })) }),
      expects: 200,
    },
    { id: 'stars', sends: JSON.stringify({ glob: `/${'*a'.repeat(4_000)}` }), expects: 200 },
    {
      id: 'more than the longest glob',
      sends: JSON.stringify({ glob: `/${'*a'.repeat(4_096)}` }),
      expects: 400,
    },
    {
      id: 'more paths than a warm-up takes',
      sends: JSON.stringify({ paths: many(() => '/', 10_001) }),
      path: '/warm',
      expects: 400,
    },
  ]);
});
