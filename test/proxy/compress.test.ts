import * as zlib from 'node:zlib';
import type { Test } from 'tap';
import t from 'tap';
import type { OriginHandler } from '../fixtures/origin.ts';
import { type Answer, eventually } from '../fixtures/sidecar.ts';
import { fakeClock, type Started, start } from './start.ts';

/** A list of products as an API sends it, of about 10 KiB. */
function products(kind: string): string {
  const list = Array.from({ length: 150 }, (_, id) => ({
    id,
    name: `${kind} ${id}`,
    price: id * 3.5,
    tags: ['wood'],
  }));
  return JSON.stringify(list);
}

const { brotliDecompressSync, gunzipSync } = zlib;
/** Node has had it since 22.15 and 23.8. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (body: Buffer) => Buffer };

const CHAIRS = products('chair');
const TABLES = products('table');
const ROUTES = 'routes: [{name: all, match: /*, ttl: 1m, compress: [br, gzip]}]';
const BR = { 'accept-encoding': 'gzip, br' };

const json =
  (body: string, fields: Readonly<Record<string, string>> = { etag: '"v1"' }): OriginHandler =>
  (req, res) => {
    res.sendDate = false;
    const tag = new Map(Object.entries(fields)).get('etag');
    if (tag !== undefined && req.headers['if-none-match'] === tag) res.statusCode = 304;
    else res.setHeader('content-type', 'application/json');
    for (const [name, value] of Object.entries(fields)) res.setHeader(name, value);
    res.end(res.statusCode === 304 ? undefined : body);
  };

const codingOf = ({ headers }: Answer) => headers['content-encoding'] ?? 'identity';

/** Asks until the answer has this coding. */
async function untilCoded(
  ask: Started['ask'],
  path: string,
  coding = 'br',
  headers: Record<string, string> = BR,
) {
  await eventually(async () => codingOf(await ask(path, { headers })) === coding);
  return ask(path, { headers });
}

/** Both doors, on routes that compress. */
async function onBothDoors(
  t: Test,
  handler: OriginHandler,
  test: (t: Test, started: Started, clock: ReturnType<typeof fakeClock>) => Promise<void>,
  document = ROUTES,
) {
  for (const fast of [true, false]) {
    await t.test(fast ? 'fast door' : 'http door', async (t) => {
      const clock = fakeClock();
      await test(t, await start(t, `fast-door: ${fast}\n${document}`, handler, { clock }), clock);
    });
  }
}

t.test('a hit is sent in the coding that its client likes best', (t) =>
  onBothDoors(t, json(CHAIRS), async (t, { ask, origin, sidecar }) => {
    const first = await ask('/p', { headers: BR });
    t.equal(first.text, CHAIRS, 'who comes first gets what the upstream sends');
    t.same(
      [first.headers.vary, first.headers.etag, codingOf(first)],
      ['Accept-Encoding', '"v1"', 'identity'],
    );
    const asked = origin.requests[0]?.rawHeaders ?? [];
    t.equal(asked[asked.indexOf('Accept-Encoding') + 1], 'identity', 'which is asked for what serves all');
    t.equal(asked.filter((name) => name.toLowerCase() === 'accept-encoding').length, 1);

    const br = await untilCoded(ask, '/p');
    t.equal(brotliDecompressSync(br.body).toString(), CHAIRS);
    t.ok(br.body.byteLength < CHAIRS.length / 4, `${br.body.byteLength} of ${CHAIRS.length} bytes`);
    const { vary, etag, 'content-length': length, 'accept-ranges': ranges } = br.headers;
    t.same(
      [vary, etag, length, ranges],
      ['Accept-Encoding', '"v1;br"', String(br.body.byteLength), undefined],
    );
    t.match(br.cacheStatus, /^cacheside; hit; ttl=60; detail=memory$/);

    const gzip = await ask('/p', { headers: { 'accept-encoding': 'gzip' } });
    t.equal(gunzipSync(gzip.body).toString(), CHAIRS);
    t.equal(gzip.headers.etag, '"v1;gzip"');
    const plain = await ask('/p');
    t.equal(plain.text, CHAIRS);
    t.same(
      [plain.headers.vary, plain.headers.etag, codingOf(plain)],
      ['Accept-Encoding', '"v1"', 'identity'],
    );
    t.equal(plain.headers['accept-ranges'], 'bytes');
    t.equal(codingOf(await ask('/p', { headers: { 'accept-encoding': 'br;q=0, *;q=0.5' } })), 'gzip');
    t.equal(codingOf(await ask('/p', { headers: { ...BR, 'cache-control': 'no-transform' } })), 'identity');

    const head = await ask('/p', { method: 'HEAD', headers: BR });
    const { date: _, 'x-request-id': __, connection: ___, 'keep-alive': ____, ...same } = head.headers;
    t.match(br.headers, same, 'HEAD has the fields of GET');
    t.equal(head.headers['content-length'], String(br.body.byteLength));
    t.equal(head.body.byteLength, 0);
    const response = await fetch(`${sidecar.url}/p`);
    t.match(response.headers.get('content-encoding'), /^(br|gzip)$/, 'fetch asks for one');
    t.equal(await response.text(), CHAIRS, 'and decodes it');
    t.equal(origin.requests.length, 1);
  }),
);

t.test('conditions and parts', (t) =>
  onBothDoors(
    t,
    json(CHAIRS, { etag: '"v1"', 'last-modified': 'Fri, 01 Dec 2023 00:00:00 GMT' }),
    async (t, { ask }) => {
      await ask('/p');
      const { etag = '' } = (await untilCoded(ask, '/p')).headers;
      const since = 'Fri, 01 Dec 2023 00:00:00 GMT';
      const rows: {
        id: string;
        headers: Record<string, string>;
        expect: [number, string | undefined, string];
      }[] = [
        {
          id: 'it has the coded form',
          headers: { ...BR, 'if-none-match': etag },
          expect: [304, etag, 'identity'],
        },
        { id: 'weakly', headers: { ...BR, 'if-none-match': `W/${etag}` }, expect: [304, etag, 'identity'] },
        {
          id: 'it has the identity',
          headers: { ...BR, 'if-none-match': '"v1"' },
          expect: [304, '"v1"', 'identity'],
        },
        { id: 'the identity again', headers: { 'if-none-match': '"v1"' }, expect: [304, '"v1"', 'identity'] },
        { id: 'one it does not take', headers: { 'if-none-match': etag }, expect: [200, '"v1"', 'identity'] },
        { id: 'an older one', headers: { ...BR, 'if-none-match': '"v0;br"' }, expect: [200, etag, 'br'] },
        { id: 'by date', headers: { ...BR, 'if-modified-since': since }, expect: [304, etag, 'identity'] },
        { id: 'a part', headers: { ...BR, range: 'bytes=0-9' }, expect: [206, '"v1"', 'identity'] },
        {
          id: 'a part of what it has',
          headers: { ...BR, range: 'bytes=0-9', 'if-range': '"v1"' },
          expect: [206, undefined, 'identity'],
        },
        {
          id: 'no part of a coded form',
          headers: { ...BR, range: 'bytes=0-9', 'if-range': etag },
          expect: [200, etag, 'br'],
        },
        {
          id: 'no part by a date that forms share',
          headers: { ...BR, range: 'bytes=0-9', 'if-range': since },
          expect: [200, etag, 'br'],
        },
        {
          id: 'nor for who takes no coding',
          headers: { range: 'bytes=0-9', 'if-range': since },
          expect: [200, '"v1"', 'identity'],
        },
      ];
      for (const { id, headers, expect } of rows) {
        const answer = await ask('/p', { headers });
        const tag = expect[1] === undefined ? undefined : answer.headers.etag;
        t.same([answer.status, tag, codingOf(answer)], expect, id);
        t.equal(answer.headers.vary, 'Accept-Encoding', `${id}: Vary`);
        if (answer.status === 206) t.equal(answer.text, CHAIRS.slice(0, 10), `${id}: of the identity`);
      }
    },
  ),
);

t.test('what it was made of decides how long a coded form lives', (t) =>
  onBothDoors(
    t,
    (...args) => json(CHAIRS)(...args),
    async (t, { ask, origin, sidecar }, clock) => {
      await ask('/p');
      await untilCoded(ask, '/p');

      clock.advance(70);
      const freshened = await ask('/p', { headers: BR });
      t.match(freshened.cacheStatus, /fwd-status=304.*detail=freshened/);
      t.equal(codingOf(freshened), 'br', 'freshened: the same body, and what was made of it');
      const validated = origin.requests[1]?.rawHeaders ?? [];
      t.equal(
        validated[validated.indexOf('If-None-Match') + 1],
        '"v1"',
        "validated with the upstream's own tag",
      );
      t.equal(codingOf(await ask('/p', { headers: BR })), 'br');

      clock.advance(70);
      origin.handler = json(CHAIRS, { etag: '"v1"', 'cache-control': 'max-age=60, no-transform' });
      t.equal(codingOf(await ask('/p', { headers: BR })), 'identity', 'freshened with no-transform');
      const { headers } = await ask('/p', { headers: BR });
      t.same([headers['content-encoding'], headers.vary, headers.etag], [undefined, undefined, '"v1"']);

      clock.advance(70);
      origin.handler = json(CHAIRS, { etag: '"v1"', 'cache-control': 'max-age=60' });
      t.equal(
        codingOf(await ask('/p', { headers: BR })),
        'identity',
        'to be coded again: nothing was kept of it',
      );
      await untilCoded(ask, '/p');
      clock.advance(70);
      origin.handler = json(CHAIRS, { etag: '"v1"', 'cache-control': 'no-store, no-transform' });
      const last = await ask('/p', { headers: BR });
      t.match(last.cacheStatus, /fwd-status=304; detail=response-no-store/);
      t.same([last.text, codingOf(last)], [CHAIRS, 'identity'], 'for the last time, as the 304 has it');

      origin.handler = json(TABLES, { etag: '"v2"' });
      const replaced = await ask('/p', { headers: BR });
      t.equal(replaced.text, TABLES, 'replaced');
      const coded = await untilCoded(ask, '/p');
      t.equal(brotliDecompressSync(coded.body).toString(), TABLES);
      t.equal(coded.headers.etag, '"v2;br"');

      origin.handler = json(CHAIRS, { etag: '"v3"' });
      await sidecar.purge({ prefix: '/p' });
      t.equal((await ask('/p', { headers: BR })).text, CHAIRS, 'purged');
      const again = await untilCoded(ask, '/p');
      t.equal(brotliDecompressSync(again.body).toString(), CHAIRS);
    },
  ),
);

t.test('a client that has a form which this process did not make', (t) =>
  onBothDoors(t, json(CHAIRS), async (t, { ask }) => {
    const miss = await ask('/p', { headers: { ...BR, 'if-none-match': '"v1;br"' } });
    t.same(
      [miss.status, miss.headers.etag, miss.headers.vary],
      [304, '"v1;br"', 'Accept-Encoding'],
      'on a miss',
    );
    t.match(miss.cacheStatus, /stored/);
    const hit = await ask('/p', { headers: { 'accept-encoding': 'br', 'if-none-match': '"v1;br"' } });
    t.same([hit.status, hit.headers.etag, hit.headers.vary], [304, '"v1;br"', 'Accept-Encoding'], 'on a hit');
  }),
);

t.test('one stored response serves all, though the upstream varies', (t) =>
  onBothDoors(t, json(CHAIRS, { vary: 'Origin, accept-encoding' }), async (t, { ask, origin }) => {
    await ask('/p', { headers: { 'accept-encoding': 'gzip' } });
    const br = await untilCoded(ask, '/p');
    t.equal(br.headers.vary, 'Origin, accept-encoding');
    t.equal((await ask('/p')).text, CHAIRS);
    t.equal(origin.requests.length, 1);
    await ask('/p', { headers: { ...BR, origin: 'http://a.test' } });
    t.equal(origin.requests.length, 2, 'by what else it varies');
  }),
);

t.test('who refuses the identity goes past the cache until there is something for it', (t) =>
  onBothDoors(
    t,
    (req, res) => {
      const isAsked = req.headers['accept-encoding'] !== 'identity';
      if (isAsked) res.setHeader('x-negotiated', String(req.headers['accept-encoding']));
      json(CHAIRS)(req, res, 0);
    },
    async (t, { ask }) => {
      const only = { 'accept-encoding': 'br, identity;q=0' };
      const first = await ask('/p', { headers: only });
      t.match(first.cacheStatus, /^cacheside; fwd=bypass; fwd-status=200; detail=identity-refused$/);
      t.equal(first.headers['x-negotiated'], only['accept-encoding'], 'the upstream is told what it takes');
      await ask('/p');
      await untilCoded(ask, '/p');
      const coded = await ask('/p', { headers: only });
      t.match(coded.cacheStatus, /hit/);
      t.equal(brotliDecompressSync(coded.body).toString(), CHAIRS);
      const none = await ask('/p', { headers: { 'accept-encoding': '*;q=0' } });
      t.match(none.cacheStatus, /identity-refused/);
    },
  ),
);

t.test('what is not compressed is left as it is', async (t) => {
  const { ask, sidecar } = await start(t, ROUTES, (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://x');
    res.setHeader('content-type', pathname === '/png' ? 'image/png' : 'text/html; charset=utf-8');
    for (const [name, value] of searchParams) res.setHeader(name, value);
    const random = Buffer.from(Array.from({ length: 4_000 }, () => Math.floor(Math.random() * 256)));
    res.end(pathname === '/small' ? 'short' : pathname === '/random' ? random : CHAIRS);
  });
  const paths = ['/png', '/small', '/coded?content-encoding=gzip', '/digest?repr-digest=sha-256=:x:'];
  for (const path of [...paths, '/fixed?cache-control=max-age=9,%20no-transform']) {
    const first = await ask(path, { headers: BR });
    t.equal(first.headers.vary, undefined, path);
    for (let i = 0; i < 3; i++) {
      const { headers, cacheStatus } = await ask(path, { headers: BR });
      t.match(cacheStatus, /hit/, path);
      t.equal(headers['content-encoding'], path.startsWith('/coded') ? 'gzip' : undefined, path);
      t.equal(headers.vary, undefined, path);
    }
  }
  await ask('/random');
  const counted = async (result: string) =>
    new RegExp(`cacheside_compressions_total\\{result="${result}"\\} (\\d+)`).exec(
      (await sidecar.admin('/metrics')).text,
    )?.[1];
  await eventually(async () => (await counted('useless')) === '2');
  const random = await ask('/random', { headers: BR });
  t.same([random.headers['content-encoding'], random.headers.vary], [undefined, 'Accept-Encoding']);
  t.equal(await counted('made'), '0');
});

t.test('a write on condition of a coded form is one on condition of the identity', async (t) => {
  const { ask, origin } = await start(t, ROUTES, json(CHAIRS));
  await ask('/p', { method: 'PUT', body: '{}', headers: { 'if-match': '"v1;br"' } });
  const put = origin.requests[0]?.rawHeaders ?? [];
  t.equal(put[put.findIndex((name) => name.toLowerCase() === 'if-match') + 1], '"v1"');
});

t.test('what the answer cost is what was sent', async (t) => {
  const { ask, sidecar } = await start(t, ROUTES, json(CHAIRS));
  await ask('/p');
  const coded = await untilCoded(ask, '/p');
  const figures = async () => {
    const { text } = await sidecar.admin('/stats');
    return ['bytesServed', 'bytesSaved'].map((name) =>
      Number(new RegExp(`"${name}": ?(\\d+)`).exec(text)?.[1]),
    );
  };
  const [served = 0, saved = 0] = await figures();
  await ask('/p', { headers: BR });
  t.same(await figures(), [served + coded.body.byteLength, saved + coded.body.byteLength]);
});

t.test('routes that do not compress leave all of it to the upstream', async (t) => {
  const { ask, origin } = await start(t, 'routes: [{match: /*, ttl: 1m}]', json(CHAIRS));
  for (let i = 0; i < 4; i++) {
    const { headers } = await ask('/p', { headers: BR });
    t.same([headers['content-encoding'], headers.vary], [undefined, undefined]);
  }
  const asked = origin.requests[0]?.rawHeaders.map((text) => text.toLowerCase()) ?? [];
  t.equal(asked[asked.indexOf('accept-encoding') + 1], 'gzip, br');
  t.match((await ask('/p', { headers: { 'accept-encoding': 'identity;q=0' } })).cacheStatus, /hit/);
});

t.test('zstd', { skip: zstdDecompressSync === undefined && 'this Node has none' }, async (t) => {
  const { ask } = await start(t, 'routes: [{match: /*, ttl: 1m, compress: [zstd]}]', json(CHAIRS));
  await ask('/p');
  const coded = await untilCoded(ask, '/p', 'zstd', { 'accept-encoding': 'zstd, br' });
  t.equal(zstdDecompressSync?.(coded.body).toString(), CHAIRS);
});
