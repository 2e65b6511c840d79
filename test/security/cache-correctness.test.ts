import t from 'tap';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { fakeClock } from '../proxy/start.ts';
import { FRESHNESS_ROWS } from './cache-freshness-rows.ts';
import { type Stand, startHouse } from './cache-house.ts';
import { CACHE_ROWS } from './cache-rows.ts';
import { inParallel } from './in-parallel.ts';

/*
 * What an upstream says, and what a client sends, beside which nothing is stored without a switch that is named for it:
 * the next one reaches the upstream. Behind both doors, and in all tiers.
 */

const ROWS = [...CACHE_ROWS, ...FRESHNESS_ROWS];

const DOCUMENT = (upstream: string) => `upstream: ${upstream}
routes:
  - { match: "/rfc/*", cookies: ignore, request-fields: { unknown: ignore } }
  - { match: "/ttl/*", ttl: 60s }
  - { match: "/ignored/*", ttl: 60s, origin: ignore, cookies: ignore, stale-if-error: 60s, stale-while-revalidate: 60s }
`;

/** One request on a connection of its own: its answer, without what comes before it. */
async function get(
  { sidecar }: Stand,
  path: string,
  fields: readonly string[] = [],
  method = 'GET',
): Promise<string> {
  const wire = sidecar.connect();
  wire.send(
    `${method} ${path} HTTP/1.1\r\nHost: a.test\r\n${[...fields, 'Connection: close'].join('\r\n')}\r\n\r\n`,
  );
  return wire.closed;
}

t.test('what is stored, and what never is', async (t) => {
  const clock = fakeClock();
  let count = 0;
  const upstream = await startRawUpstream((socket, head) => {
    const [, method, i = '0'] = /^(\w+) \/\w+\/(\d+)/.exec(head) ?? [];
    const { status = 200, answer = [] } = ROWS[Number(i)] ?? {};
    const body = `answer ${++count}`;
    const lines = answer.some((line) => /^date:/i.test(line))
      ? answer
      : [...answer, `Date: ${new Date(clock.time).toUTCString()}`];
    const framing = status === 304 ? [] : [`Content-Length: ${body.length}`];
    const sent = method === 'HEAD' || status === 304 ? '' : body;
    socket.write(`HTTP/1.1 ${status} X\r\n${[...lines, ...framing].join('\r\n')}\r\n\r\n${sent}`, 'latin1');
  });
  t.teardown(() => upstream.close());
  const house = await startHouse(t, DOCUMENT(upstream.url), () => {}, { clock });
  for (const [s, stand] of house.stands.entries()) {
    for (const kind of ['rfc', 'ttl', 'ignored']) {
      const wrong: string[] = [];
      await inParallel([...ROWS.entries()], async ([i, { id, line, request, method, notStored }]) => {
        // A share of them behind every door and tier, all of them where most is decided.
        if (s > 0 && (i + s) % 4 !== 0) return;
        const path = `/${kind}/${i}`;
        const first = await get(stand, `${path}?${s}`, request, method);
        const next = await get(stand, `${path}?${s}`);
        const isStored = /Cache-Status: cacheside; hit/i.test(next);
        const expected = notStored === false || (notStored === 'by the upstream' && kind === 'ignored');
        // A rule's ttl stands in where the upstream says nothing.
        const isSilent = kind === 'ttl' && (/^nothing|^only/.test(id) || /^pub/.test(id));
        if (isStored !== (expected || isSilent)) wrong.push(`${line}: ${id}: ${first} ${next}`);
      });
      t.strictSame(wrong, [], `${stand.name}, /${kind}/`);
    }
  }
});

/** A stored response that its upstream then answers for with a 304, in ways that are not to be believed. */
const NOT_MODIFIED: readonly { id: string; fields: readonly string[]; next: RegExp }[] = [
  { id: 'another strong ETag', fields: ['ETag: "evil"'], next: /whole/ },
  { id: 'another Last-Modified', fields: ['Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT'], next: /whole/ },
  { id: 'a length', fields: ['Content-Length: 1'], next: /Content-Length: 5\r\n[\s\S]*whole$/i },
  { id: 'a coding', fields: ['Content-Encoding: gzip'], next: /^(?![\s\S]*gzip)[\s\S]*whole$/i },
  { id: 'a range', fields: ['Content-Range: bytes 0-1/5'], next: /^(?![\s\S]*Content-Range)[\s\S]*whole$/i },
  { id: 'a cookie', fields: ['Set-Cookie: evil=1'], next: /^(?![\s\S]*evil)[\s\S]*whole$/i },
  { id: 'private', fields: ['Cache-Control: private'], next: /fwd=uri-miss/ },
  { id: 'no-store', fields: ['Cache-Control: no-store'], next: /fwd=uri-miss/ },
  { id: 'Vary: *', fields: ['Vary: *'], next: /fwd=uri-miss/ },
  {
    id: 'a field of the connection',
    fields: ['Connection: X-Evil', 'X-Evil: 1'],
    next: /^(?![\s\S]*X-Evil)[\s\S]*whole$/i,
  },
  {
    id: 'a body',
    fields: ['Transfer-Encoding: chunked'],
    next: /^(?![\s\S]*Transfer-Encoding)[\s\S]*whole$/i,
  },
];

t.test('a 304 changes no more than it may', async (t) => {
  const clock = fakeClock();
  const date = () => `Date: ${new Date(clock.time).toUTCString()}\r\n`;
  const upstream = await startRawUpstream((socket, head) => {
    const row = NOT_MODIFIED[Number(/\/(\d+)/.exec(head)?.[1])];
    const known = /if-none-match: "good"/i.test(head);
    const fields = (row?.fields ?? []).join('\r\n');
    const stored = `${date()}Cache-Control: max-age=60\r\nETag: "good"\r\nLast-Modified: Fri, 02 Jan 1970 00:00:00 GMT\r\n`;
    // Named by its Last-Modified alone, or it would be known by its ETag.
    const named = /last-modified/i.test(fields) ? stored.replace('ETag: "good"\r\n', '') : stored;
    const is304 = known || /if-modified-since: Fri/i.test(head);
    socket.write(
      is304
        ? `HTTP/1.1 304 X\r\n${date()}${fields}\r\n\r\n`
        : `HTTP/1.1 200 OK\r\n${named}Content-Length: 5\r\n\r\nwhole`,
    );
  });
  t.teardown(() => upstream.close());
  const house = await startHouse(t, DOCUMENT(upstream.url), () => {}, { clock });
  for (const stand of house.stands) {
    for (const i of NOT_MODIFIED.keys()) await get(stand, `/rfc/${i}?${stand.tiers}`.replaceAll(' ', '-'));
  }
  clock.advance(61);
  for (const stand of house.stands) {
    for (const [i, { id, next }] of NOT_MODIFIED.entries()) {
      const path = `/rfc/${i}?${stand.tiers}`.replaceAll(' ', '-');
      // The one whose request is the validation is told all; what counts is what the next one gets.
      const asked = await get(stand, path);
      t.match(asked, /^HTTP\/1\.1 200[\s\S]*whole$/, `${stand.name}: ${id}`);
      t.match(await get(stand, path), next, `${stand.name}: ${id}, the next one`);
    }
  }
});

t.test('what nobody may be told apart by, and what everybody is', async (t) => {
  const house = await startHouse(t, 'routes: [{ match: "/*", ttl: 60s }]\n', ({ headers, url }, res) => {
    res.end(`${headers.host}${url}`);
  });
  const long = 'a'.repeat(4_000);
  const targets = [
    ...[
      'a.test/x',
      'b.test/x',
      'a.test:80/x',
      'a.test:8080/x',
      'a.test./x',
      'a.testx/',
      'a.test/x/',
      'a.test//x',
      'a.test/x?',
      'a.test/x?a',
    ],
    ...[
      'a.test/x?a=',
      'a.test/x?a=1&b',
      'a.test/x?a=1%26b',
      'a.test/x?A=1',
      'a.test/X',
      'a.test/x;a',
      'a.test/x%3Ba',
      'a.test/x%2F',
      'a.test/x%252F',
    ],
    ...[
      'a.test/x?a=1/b',
      'a.test/x/a=1',
      'a.test/x?http://b.test/x',
      'a.test/http://b.test/x',
      'a.test/x?x-a=1:1',
      '[::1]/x',
      'a.test/x-',
    ],
    ...[`a.test/${long}1`, `a.test/${long}2`, `a.test/x?${long}1`, `a.test/x?${long}2`, `b.test/${long}1`],
  ];
  for (const { ask, name } of house.stands) {
    const wrong: string[] = [];
    for (const time of ['stored', 'hit']) {
      await inParallel(targets, async (target) => {
        const [host = '', path = ''] = [
          target.slice(0, target.indexOf('/')),
          target.slice(target.indexOf('/')),
        ];
        const answer = await ask(path, { headers: { host } });
        const sent = `${host}${path.replace(/\?$/, '')}`;
        if (answer.text !== sent || !answer.cacheStatus.includes(time))
          wrong.push(`${target}: ${answer.text}, ${answer.cacheStatus}`);
      });
    }
    // `?` with nothing behind it is the same as none.
    t.strictSame(
      wrong.filter((text) => !/^a\.test\/x\??:/.test(text)),
      [],
      name,
    );
  }
});
