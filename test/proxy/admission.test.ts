import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { AdmissionLevels } from '../../src/observe/admission-levels.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { type Ask, eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { fakeClock } from './start.ts';

/** The two ways through both doors and both readers. */
const WAYS = [
  { way: 'own readers', door: true, reader: true },
  { way: 'node and undici', door: false, reader: false },
] as const;

/**
 * An origin that answers when it is told to by `release`, `/…/now` at once, and a sidecar in front of it. `open`: what
 * waits there.
 */
async function startHeld(t: Test, { door, reader }: (typeof WAYS)[number], rest: string, upstream = '') {
  const open = new Map<string, () => void>();
  let most = 0;
  const origin = await startOrigin((req, res) => {
    const path = String(req.url);
    const answer = () => {
      res.sendDate = false;
      res.setHeader('cache-control', 'max-age=60').end(path);
    };
    if (path.endsWith('/now')) return answer();
    open.set(path, answer);
    res.on('close', () => open.delete(path));
    most = Math.max(most, open.size);
  });
  t.teardown(() => origin.close());
  const document = `fast-door: ${door}\nupstream: { url: '${origin.url}', fast-reader: ${reader}${upstream} }\n${rest}`;
  const sidecar = await startSidecar(origin.url, document);
  t.teardown(() => sidecar.close());
  return {
    sidecar,
    ask: sidecar.ask,
    asked: () => origin.requests.map(({ url }) => url),
    open,
    most: () => most,
    /** Answers what the origin has, or will have. */
    async release(path: string) {
      await eventually(() => open.has(path));
      open.get(path)?.();
    },
    /** Asks, and resolves once the origin has it; the answer is `got`. */
    async hold(path: string, ask: Ask = {}) {
      const before = origin.requests.length;
      const got = sidecar.ask(path, ask);
      got.catch(() => {});
      await origin.received(before + 1);
      return { got };
    },
  };
}

async function levelsOf(sidecar: Sidecar): Promise<AdmissionLevels> {
  return JSON.parse((await sidecar.admin('/stats')).text).admission;
}

const until = async (sidecar: Sidecar, isSo: (levels: AdmissionLevels) => boolean) =>
  eventually(async () => isSo(await levelsOf(sidecar)));
const waiting = (sidecar: Sidecar, count: number, route = 'a') =>
  until(sidecar, ({ routes }) => routes[route]?.waiting === count);
const idle = (sidecar: Sidecar) =>
  until(
    sidecar,
    ({ requests, exchanges, routes }) =>
      requests === 0 && exchanges === 0 && Object.values(routes).every((gate) => gate.atUpstream === 0),
  );

const overloaded = (what: string) => ({
  status: 503,
  headers: { 'retry-after': '1', 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  cacheStatus: `cacheside; detail="overloaded ${what}"`,
});

for (const way of WAYS) {
  t.test(`a route's concurrency, ${way.way}`, async (t) => {
    const route =
      'routes: [{ name: a, match: "/a/*", ttl: 60s, concurrency: { limit: 2, queue: 2 } }, { match: "/b/*" }]\n';
    const { sidecar, ask, hold, release, asked, most, open } = await startHeld(t, way, route);

    const [one, two] = [await hold('/a/1'), await hold('/a/2')];
    const three = ask('/a/3');
    await waiting(sidecar, 1);
    const four = ask('/a/4', { method: 'POST', body: 'x' });
    await waiting(sidecar, 2);
    t.match(await ask('/a/5'), overloaded('concurrency'));
    t.match(await ask('/a/5', { method: 'POST', body: 'x'.repeat(100_000) }), overloaded('concurrency'));
    t.match(await ask('/a/5', { method: 'HEAD' }), { ...overloaded('concurrency'), text: '' });
    t.match(await ask('/b/now'), { status: 200 }, 'another route has room');
    t.same(asked().slice(0, 3), ['/a/1', '/a/2', '/b/now']);

    await release('/a/2');
    t.equal((await two.got).text, '/a/2');
    await eventually(() => open.has('/a/3'));
    t.equal(open.has('/a/4'), false, 'in order of arrival');
    t.match(await ask('/a/2'), { status: 200, cacheStatus: /hit/ }, 'a hit passes');
    for (const path of ['/a/1', '/a/3', '/a/4']) await release(path);
    for (const answer of [one.got, three, four]) t.equal((await answer).status, 200);
    t.equal(most(), 2);
    await idle(sidecar);
    const { a } = (await levelsOf(sidecar)).routes;
    t.match(a, { waiting: 0, turnedAway: { concurrency: 3, queue: 0, 'max-requests': 0 } });
    const { text } = await sidecar.admin('/metrics');
    t.match(text, 'cacheside_turned_away_total{route="a",reason="concurrency"} 3');
    t.match(text, 'cacheside_requests_total{route="a",outcome="refused"} 3');
    t.match(text, 'cacheside_upstream_waiting{route="a"} 0');
  });

  t.test(`who leaves the queue, ${way.way}`, async (t) => {
    const route =
      'routes: [{ name: a, match: "/a/*", ttl: 60s, concurrency: { limit: 1, queue: 2, timeout: 10s } }]\n';
    const { sidecar, ask, hold, release, asked } = await startHeld(t, way, route);
    const { got } = await hold('/a/1');
    const leaving = sidecar.connect();
    leaving.send('GET /a/2 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await waiting(sidecar, 1);
    leaving.socket.destroy();
    await waiting(sidecar, 0);

    // Its leader's client leaves; the two that wait for the same do not, and lose nothing by it.
    const leader = sidecar.connect();
    leader.send(`GET /a/3/now HTTP/1.1\r\nHost: 127.0.0.1:${sidecar.port}\r\n\r\n`);
    await waiting(sidecar, 1);
    const followers = [ask('/a/3/now'), ask('/a/3/now')];
    await until(sidecar, ({ requests }) => requests === 4);
    const behind = ask('/a/4/now');
    await waiting(sidecar, 2);
    leader.socket.destroy();
    await until(sidecar, ({ requests }) => requests === 4);
    t.match(await ask('/a/5'), overloaded('concurrency'), 'the leader waits on');
    await release('/a/1');
    for (const answer of [got, ...followers, behind]) t.equal((await answer).status, 200);
    t.same(asked(), ['/a/1', '/a/3/now', '/a/4/now']);
    await idle(sidecar);
  });

  t.test(`a bounded wait, ${way.way}`, async (t) => {
    const route =
      'routes: [{ name: a, match: "/a/*", ttl: 60s, concurrency: { limit: 1, queue: 9, timeout: 500ms } }]\n';
    const { sidecar, ask, hold, release, asked } = await startHeld(t, way, route);
    const { got } = await hold('/a/1');
    const began = performance.now();
    const answers = await Promise.all([ask('/a/2'), ask('/a/2'), ask('/a/2'), ask('/a/3')]);
    for (const answer of answers) t.match(answer, overloaded('concurrency'));
    t.ok(performance.now() - began < 1_400, 'followers do not wait one behind the other');
    await release('/a/1');
    await got;
    t.same(asked(), ['/a/1']);
    await idle(sidecar);
  });

  t.test(`upstream.queue, ${way.way}`, async (t) => {
    const { sidecar, ask, hold, release } = await startHeld(t, way, '', ', connections: 1, queue: 1');
    const { got } = await hold('/1');
    const second = ask('/2');
    await until(sidecar, ({ exchanges }) => exchanges === 2);
    t.match(await ask('/3'), overloaded('queue'));
    t.match(await ask('/3', { method: 'PUT', body: 'x' }), overloaded('queue'));
    for (const path of ['/1', '/2']) await release(path);
    for (const answer of [got, second]) t.equal((await answer).status, 200);
    t.equal((await ask('/now')).status, 200);
    await idle(sidecar);
  });

  t.test(`clients.max-requests, ${way.way}`, async (t) => {
    const rest = 'clients: { max-requests: 2 }\nroutes: [{ name: a, match: "/a/*", ttl: 60s }]\n';
    const { sidecar, ask, hold, release } = await startHeld(t, way, rest);
    await ask('/a/hit/now');
    const held = [await hold('/a/1'), await hold('/none')];
    t.match(await ask('/a/2'), overloaded('max-requests'));
    t.match(await ask('/a/2', { method: 'POST' }), overloaded('max-requests'));
    t.match(await ask('/other'), overloaded('max-requests'));
    t.match(await ask('/a/hit/now'), { status: 200, cacheStatus: /hit/ }, 'never a hit');
    for (const path of ['/a/1', '/none']) await release(path);
    for (const { got } of held) t.equal((await got).status, 200);
    t.equal((await ask('/a/now')).status, 200);
    await idle(sidecar);
    const { turnedAway } = (await levelsOf(sidecar)).routes['none'] ?? {};
    t.match(turnedAway, { 'max-requests': 1 });
  });
}

/** Each way an exchange can end, at a gate with one turn and no queue. */
const ENDINGS: readonly {
  id: string;
  answer: (res: ServerResponse, count: number, headers: IncomingHttpHeaders) => void;
  ask?: Ask;
  /** Asked before, to store something. */
  first?: boolean;
  /** The client goes once the origin has the request, or once there is some of the answer. */
  leaves?: 'before the head' | 'in the body';
  expect?: number | 'cut';
}[] = [
  { id: 'a whole answer', answer: (res) => void res.end('x') },
  { id: 'a HEAD', answer: (res) => void res.end(), ask: { method: 'HEAD' } },
  { id: 'a write', answer: (res) => void res.end('x'), ask: { method: 'POST', body: 'x' } },
  { id: 'an error', answer: (res) => void res.writeHead(500).end('x'), expect: 500 },
  { id: 'reset', answer: (res) => void res.socket?.resetAndDestroy(), expect: 502 },
  { id: 'garbage', answer: (res) => void res.socket?.end('garbage\r\n\r\n'), expect: 502 },
  { id: 'silence', answer: () => {}, expect: 504 },
  {
    id: 'half a body',
    answer: (res) => void res.writeHead(200, { 'content-length': 10 }).write('abc', () => res.destroy()),
    expect: 'cut',
  },
  { id: 'silence in the body', answer: (res) => void res.writeHead(200).write('abc'), expect: 'cut' },
  { id: 'nobody waits for the head', answer: () => {}, leaves: 'before the head' },
  { id: 'nobody reads on', answer: (res) => void res.write('x'.repeat(10)), leaves: 'in the body' },
  {
    id: 'a 304',
    first: true,
    answer: (res, count) => void res.writeHead(count === 1 ? 200 : 304, { etag: '"a"' }).end(),
  },
  {
    id: "another response's 304, and so asked anew",
    first: true,
    answer: (res, _count, headers) =>
      void res
        .writeHead(headers['if-none-match'] === undefined ? 200 : 304, {
          etag: headers['if-none-match'] === undefined ? '"a"' : '"b"',
        })
        .end(),
  },
  {
    id: 'a part asked for by itself',
    ask: { headers: { range: 'bytes=100000-100009' } },
    answer: (res, _count, headers) =>
      void (headers.range === undefined
        ? res
            .writeHead(200, { 'content-length': 200_000, 'cache-control': 'no-store' })
            .end(Buffer.alloc(200_000))
        : res.writeHead(206, { 'content-range': 'bytes 100000-100009/200000' }).end('0123456789')),
    expect: 206,
  },
  {
    id: 'a body that nobody wants to its end',
    ask: { headers: { range: 'bytes=0-1' } },
    answer: (res) =>
      void res
        .writeHead(200, { 'content-length': 2_000_000, 'cache-control': 'no-store' })
        .end(Buffer.alloc(2_000_000)),
    expect: 206,
  },
  {
    id: 'a 416',
    ask: { headers: { range: 'bytes=100-' } },
    answer: (res) =>
      void res.writeHead(200, { 'content-length': 3, 'cache-control': 'max-age=60' }).end('abc'),
    expect: 416,
  },
];

for (const { way, door, reader } of WAYS) {
  t.test(`each turn is given back once, ${way}`, async (t) => {
    const counts = new Map<string, number>();
    const origin = await startOrigin((req, res) => {
      const path = String(req.url);
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      res.sendDate = false;
      ENDINGS[Number(path.slice(1))]?.answer(res, count, req.headers);
    });
    t.teardown(() => origin.close());
    const sidecar = await startSidecar(
      origin.url,
      `fast-door: ${door}
upstream: { url: '${origin.url}', fast-reader: ${reader}, timeout: 400ms, idle-timeout: 300ms }
routes: [{ name: a, match: "/*", ttl: 1ms, request-fields: {unknown: ignore}, concurrency: { limit: 1, queue: 0 } }]
`,
    );
    t.teardown(() => sidecar.close());
    for (const [i, { id, ask = {}, first, leaves, expect = 200 }] of ENDINGS.entries()) {
      const path = `/${i}`;
      if (first) await sidecar.ask(path);
      await idle(sidecar);
      if (leaves === undefined) {
        const got = await sidecar.ask(path, ask).then(
          ({ status }) => status,
          () => 'cut',
        );
        t.equal(got, expect, id);
      } else {
        const before = origin.requests.length;
        const wire = sidecar.connect();
        wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
        await origin.received(before + 1);
        if (leaves === 'in the body') await wire.until(/x{10}/);
        wire.socket.destroy();
      }
      await idle(sidecar).catch(() => t.fail(`${id}: a turn is lost`));
    }
    const { a } = (await levelsOf(sidecar)).routes;
    t.match(a, { atUpstream: 0, waiting: 0, turnedAway: { concurrency: 0 } });
  });
}

t.test('what is stale stands in for what is turned away, and a renewal never waits', async (t) => {
  const clock = fakeClock();
  let hold = false;
  const held: (() => void)[] = [];
  const origin = await startOrigin((req, res, count) => {
    res.sendDate = false;
    const answer = () => void res.setHeader('etag', `"${count}"`).end(`${req.url} ${count}`);
    if (hold) held.push(answer);
    else answer();
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(
    origin.url,
    `clients: { max-requests: 4 }
routes:
  - { name: a, match: "/a/*", ttl: 10s, stale-if-error: 100s, concurrency: { limit: 1, queue: 1, timeout: 10s } }
  - { name: b, match: "/b/*", ttl: 10s, stale-while-revalidate: 100s, concurrency: { limit: 1, queue: 1, timeout: 10s } }
  - { name: c, match: "/c/*", ttl: 10s, stale-if-error: 100s }
`,
    clock,
  );
  t.teardown(() => sidecar.close());
  const { ask } = sidecar;
  for (const path of ['/a/1', '/b/1', '/c/1']) await ask(path);
  clock.advance(20);
  hold = true;
  const pending = [ask('/a/2'), ask('/b/2')];
  await origin.received(5);
  pending.push(ask('/a/3'));
  await waiting(sidecar, 1);

  const stale = { status: 200, text: '/a/1 1', cacheStatus: /^cacheside; hit; ttl=-10; detail=if-error$/ };
  t.match(await ask('/a/1'), stale, 'no turn for its validation');
  t.match(await ask('/b/1'), { text: '/b/1 2', cacheStatus: /while-revalidating/ });
  t.match(await ask('/b/1'), { text: '/b/1 2', cacheStatus: /while-revalidating/ });
  t.match((await levelsOf(sidecar)).routes['b'], {
    atUpstream: 1,
    waiting: 0,
    turnedAway: { concurrency: 0 },
  });
  t.equal(origin.requests.length, 5, 'no renewal was sent');
  pending.push(ask('/c/2'));
  await until(sidecar, ({ requests }) => requests === 4);
  t.match(await ask('/c/1'), { ...stale, text: '/c/1 3' }, 'too many requests');
  hold = false;
  for (const answer of held.splice(0)) answer();
  for (const answer of pending) t.equal((await answer).status, 200);
  t.match(await ask('/b/1'), { text: '/b/1 2', cacheStatus: /while-revalidating/ });
  await eventually(async () => (await ask('/b/1')).text !== '/b/1 2');
  await idle(sidecar);
});

t.test('a reload changes the bounds of a route, and lets those in who wait', async (t) => {
  const [way] = WAYS;
  const routes = (concurrency: string) =>
    `routes: [{ name: a, match: "/a/*", ttl: 60s, concurrency: ${concurrency} }]\n`;
  const { sidecar, ask, hold, release, open } = await startHeld(t, way, '');
  const { origin } = JSON.parse((await sidecar.admin('/config')).text).upstream;
  const upstream = `fast-door: true\nupstream: { url: '${origin}', fast-reader: true }\n`;
  await sidecar.reload(upstream + routes('1'));
  await ask('/a/stored/now');
  const { got } = await hold('/a/1');
  const waiters = [ask('/a/2'), ask('/a/3'), ask('/a/4')];
  await waiting(sidecar, 3);
  await sidecar.reload(upstream + routes('{ limit: 3, queue: 1 }'));
  await eventually(() => open.size === 3);
  await waiting(sidecar, 1);
  t.match(await ask('/a/stored/now'), { cacheStatus: /hit/ }, 'what is stored stays');
  await sidecar.reload(upstream + routes('off'));
  await eventually(() => open.size === 4);
  for (const path of ['/a/1', '/a/2', '/a/3', '/a/4']) await release(path);
  for (const answer of [got, ...waiters]) t.equal((await answer).status, 200);
  await idle(sidecar);
});

t.test('whose turn comes while no connection will is turned away', async (t) => {
  const [way] = WAYS;
  const routes = (concurrency: number) =>
    `routes: [{ name: a, match: "/a/*", ttl: 60s, concurrency: ${concurrency} }, { match: "/b/*", ttl: 60s }]\n`;
  const upstream = ', connections: 1, queue: 1';
  const { sidecar, ask, hold, release } = await startHeld(t, way, routes(1), upstream);
  const { origin } = JSON.parse((await sidecar.admin('/config')).text).upstream;
  const { got } = await hold('/a/1');
  const waiter = ask('/a/2');
  await waiting(sidecar, 1);
  const other = ask('/b/1');
  await until(sidecar, ({ exchanges }) => exchanges === 2);
  await sidecar.reload(
    `fast-door: true\nupstream: { url: '${origin}', fast-reader: true${upstream} }\n${routes(2)}`,
  );
  t.match(await waiter, overloaded('queue'));
  for (const path of ['/a/1', '/b/1']) await release(path);
  for (const answer of [got, other]) t.equal((await answer).status, 200);
  await idle(sidecar);
});

t.test('a tunnel has its turn while it lasts, and does not wait for one', async (t) => {
  const server = createServer((_req, res) => res.end('plain'));
  server.on('upgrade', (req, socket) => {
    socket.on('error', () => {});
    if (req.url === '/no') return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    if (req.url === '/broken') return void socket.destroy();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello');
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sidecar = await startSidecar(
    url,
    'routes: [{ name: a, match: "/*", concurrency: { limit: 1, queue: 1 } }]\n',
  );
  t.teardown(() => sidecar.close());
  const upgrade = (path: string) => {
    const wire = sidecar.connect();
    wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`);
    return wire;
  };
  for (const [path, status] of [
    ['/no', 403],
    ['/broken', 502],
  ] as const) {
    t.match(await upgrade(path).closed, new RegExp(`^HTTP/1.1 ${status} `));
    await idle(sidecar);
  }
  const tunnel = upgrade('/a');
  await tunnel.until(/hello/);
  t.match(await upgrade('/a').closed, /^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n.*Too many/s);
  const plain = sidecar.ask('/a');
  await waiting(sidecar, 1);
  tunnel.socket.destroy();
  t.equal((await plain).text, 'plain');
  await idle(sidecar);
  const again = upgrade('/a');
  await again.until(/hello/);
  again.socket.destroy();
  await idle(sidecar);
});
