import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { GateLevels } from '../../src/observe/admission-levels.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { type Ask, eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { stillClock } from '../fixtures/still-clock.ts';

type Answer = (res: ServerResponse, req: IncomingMessage) => void;

const WELL: Answer = (res) =>
  void res.setHeader('cache-control', 'max-age=1, stale-if-error=1000').end('well');

const BREAKER = '{ open: 2s, longest: 6s }';
const ROUTES = `routes:
  - { name: a, match: "/a/*" }
  - { name: b, match: "/b/*" }
  - { name: narrow, match: "/narrow/*", concurrency: { limit: 1, queue: 10, timeout: 20s } }
`;

/** An origin that answers as `now.answer` does, and a sidecar in front of it; `broken` paths fail. */
async function startBreaking(t: Test, { door = true, reader = true, breaker = BREAKER, more = '' } = {}) {
  const clock = stillClock();
  const now: { answer: Answer } = { answer: WELL };
  const origin = await startOrigin((req, res) => {
    res.sendDate = false;
    now.answer(res, req);
  });
  t.teardown(() => origin.close().catch(() => {}));
  const sidecar = await startSidecar(
    origin.url,
    `fast-door: ${door}
upstream: { url: '${origin.url}', fast-reader: ${reader}, head-timeout: 300ms, idle-timeout: 300ms, breaker: ${breaker}${more} }
${ROUTES}`,
    clock,
  );
  t.teardown(() => sidecar.close());
  let last = 0;
  /** A request that nothing stored can answer; its status, or 0 where the answer was cut. */
  const fresh = async (room = '/a', ask: Ask = {}): Promise<number> =>
    sidecar.ask(`${room}/${++last}`, ask).then(
      ({ status }) => status,
      () => 0,
    );
  const many = (count: number, room = '/a') => Promise.all(Array.from({ length: count }, () => fresh(room)));
  return { clock, now, origin, sidecar, ask: sidecar.ask, fresh, many };
}

async function gateOf(sidecar: Sidecar, route = 'a'): Promise<GateLevels | undefined> {
  return JSON.parse((await sidecar.admin('/stats')).text).admission.routes[route];
}
const becomes = (sidecar: Sidecar, breaker: GateLevels['breaker'], route = 'a') =>
  eventually(async () => (await gateOf(sidecar, route))?.breaker === breaker);

const OPEN = {
  status: 503,
  headers: { 'retry-after': /^[12]$/, 'content-type': 'application/problem+json' },
  cacheStatus: 'cacheside; detail=breaker-open',
};

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' };

/** What counts as a failure, and what does not: twenty of each, and whether the breaker is open then. */
const OUTCOMES: readonly { id: string; answer: Answer; opens: boolean; ask?: Ask; leaves?: boolean }[] = [
  ...[500, 502, 503, 504].map((status) => ({
    id: `status ${status}`,
    answer: (res: ServerResponse) => void res.writeHead(status).end(),
    opens: true,
  })),
  ...[200, 304, 404, 429, 501, 505].map((status) => ({
    id: `status ${status}`,
    answer: (res: ServerResponse) => void res.writeHead(status).end(),
    opens: false,
  })),
  { id: 'reset', answer: (res) => void res.socket?.resetAndDestroy(), opens: true },
  { id: 'closed', answer: (res) => void res.socket?.end(), opens: true },
  { id: 'garbage', answer: (res) => void res.socket?.end('garbage\r\n\r\n'), opens: true },
  { id: 'silence', answer: () => {}, opens: true },
  { id: 'silence in the body', answer: (res) => void res.write('abc'), opens: true },
  {
    id: 'half a body',
    answer: (res) => void res.writeHead(200, { 'content-length': 10 }).write('abc', () => res.destroy()),
    opens: true,
  },
  {
    id: 'events, then silence',
    answer: (res) => void res.writeHead(200, EVENTS).write('data: 1\n\n'),
    opens: false,
  },
  {
    id: 'events that break off',
    answer: (res) => void res.writeHead(200, EVENTS).write('data: 1\n\n', () => res.destroy()),
    opens: false,
  },
  {
    id: 'writes that fail',
    answer: (res) => void res.writeHead(500).end(),
    ask: { method: 'POST', body: 'x' },
    opens: true,
  },
  { id: 'clients that leave', answer: () => {}, leaves: true, opens: false },
];

for (const reader of [true, false]) {
  t.test(`what opens the breaker, ${reader ? 'own reader' : 'undici'}`, async (t) => {
    for (const { id, answer, opens, ask = {}, leaves } of OUTCOMES) {
      t.test(id, async (t) => {
        const { now, origin, sidecar, fresh } = await startBreaking(t, { reader });
        now.answer = answer;
        if (leaves) {
          const wires = Array.from({ length: 30 }, () => sidecar.connect());
          for (const [i, wire] of wires.entries()) wire.send(`GET /a/${i} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
          await origin.received(30);
          for (const { socket } of wires) socket.destroy();
          await eventually(async () => (await gateOf(sidecar))?.atUpstream === 0);
        } else {
          await Promise.all(Array.from({ length: 19 }, () => fresh('/a', ask)));
          t.equal((await gateOf(sidecar))?.breaker, 'closed', 'nineteen say nothing');
          await fresh('/a', ask);
        }
        t.equal((await gateOf(sidecar))?.breaker, opens ? 'open' : 'closed');
        const asked = origin.requests.length;
        now.answer = WELL;
        t.match(await sidecar.ask('/a/after'), opens ? OPEN : { status: 200 });
        t.equal(origin.requests.length, asked + (opens ? 0 : 1));
      });
    }
  });
}

for (const door of [true, false]) {
  t.test(`while it is open, ${door ? 'fast door' : 'node:http'}`, async (t) => {
    const { clock, now, origin, sidecar, ask, fresh, many } = await startBreaking(t, { door, reader: door });
    await ask('/a/hit', { headers: { host: 'x.test' } });
    await ask('/a/stale');
    clock.advance(2_000);
    await ask('/a/hit');
    now.answer = (res) => void res.writeHead(500).end();
    await many(20);
    const refused = (await gateOf(sidecar))?.turnedAway.breaker ?? 0;
    const asked = origin.requests.length;
    t.match(await ask('/a/hit'), { status: 200, cacheStatus: /^cacheside; hit;.* detail=memory$/ });
    t.match(await ask('/a/stale'), {
      text: 'well',
      cacheStatus: /^cacheside; hit; ttl=-\d; detail=if-error$/,
    });
    t.match(await ask('/a/new'), OPEN);
    t.match(await ask('/a/new', { method: 'HEAD' }), { ...OPEN, text: '' });
    t.match(await ask('/a/new', { method: 'POST', body: 'x' }), OPEN);
    t.match(await ask('/a/new', { headers: { cookie: 'a=b' } }), OPEN, 'past the cache, too');
    t.match(await Promise.all([ask('/a/crowd'), ask('/a/crowd'), ask('/a/crowd')]), [OPEN, OPEN, OPEN]);
    t.equal(origin.requests.length, asked, 'nothing is sent');
    t.equal(await fresh('/b'), 500, 'another route is asked');
    t.equal(await fresh('/c'), 500, 'and so is what matches none');
    t.match(await gateOf(sidecar), { breaker: 'open', turnedAway: { breaker: refused + 8 } });
    const { text } = await sidecar.admin('/metrics');
    for (const line of [
      'cacheside_upstream_breaker_state{route="a"} 2',
      'cacheside_upstream_breaker_state{route="b"} 0',
      `cacheside_turned_away_total{route="a",reason="breaker"} ${refused + 8}`,
      `cacheside_requests_total{route="a",outcome="refused"} ${refused + 7}`,
    ])
      t.match(text, line);
    t.match(sidecar.log, [{ level: 40, route: 'a', breaker: 'open', probeIn: Number }]);
    t.equal(sidecar.log.length, 1);

    // Half-open: one at a time.
    clock.advance(2_000);
    const held: ServerResponse[] = [];
    now.answer = (res) => void held.push(res);
    const probe = fresh();
    await eventually(() => held.length === 1);
    t.match(await Promise.all([ask('/a/x'), ask('/a/y')]), [OPEN, OPEN]);
    t.equal((await gateOf(sidecar))?.breaker, 'half-open');
    held[0]?.writeHead(500).end();
    t.equal(await probe, 500);
    clock.advance(2_900);
    t.match(await ask('/a/x'), OPEN, 'twice as long, less a quarter at most');
    clock.advance(1_200);
    const second = fresh();
    await eventually(() => held.length === 2);
    held[1]?.end('well');
    t.equal(await second, 200);
    t.equal((await gateOf(sidecar))?.breaker, 'closed');
    now.answer = WELL;
    t.same(await many(5), [200, 200, 200, 200, 200]);
  });
}

t.test('a share of what ended lately', async (t) => {
  const { clock, now, sidecar, many } = await startBreaking(t, { breaker: '{ at-least: 10, within: 10s }' });
  const failing: Answer = (res) => void res.writeHead(503).end();
  await many(11);
  now.answer = failing;
  await many(10);
  t.equal((await gateOf(sidecar))?.breaker, 'closed', '10 of 21');
  clock.advance(11_000);
  await many(9);
  t.equal((await gateOf(sidecar))?.breaker, 'closed', 'nine of nine: what was before is forgotten');
  await many(1);
  t.equal((await gateOf(sidecar))?.breaker, 'open', 'ten of ten');
});

t.test('off, and statuses of its own', async (t) => {
  const off = await startBreaking(t, { breaker: 'off' });
  off.now.answer = (res) => void res.writeHead(500).end();
  t.ok((await off.many(40)).every((status) => status === 500));
  t.equal((await gateOf(off.sidecar))?.breaker, 'off');
  const own = await startBreaking(t, { breaker: "{ at-least: 5, statuses: [429, '503'] }" });
  own.now.answer = (res) => void res.writeHead(500).end();
  await own.many(10);
  t.equal((await gateOf(own.sidecar))?.breaker, 'closed');
  own.clock.advance(11_000);
  own.now.answer = (res) => void res.writeHead(429).end();
  await own.many(5);
  t.equal((await gateOf(own.sidecar))?.breaker, 'open');
});

t.test('whose client leaves says nothing: the next request is tried', async (t) => {
  const { clock, now, origin, sidecar, many, fresh } = await startBreaking(t);
  now.answer = (res) => void res.writeHead(500).end();
  await many(20);
  clock.advance(2_000);
  now.answer = () => {};
  for (let i = 0; i < 3; i++) {
    const asked = origin.requests.length;
    const probe = sidecar.connect();
    probe.send(`GET /a/leaving${i} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await origin.received(asked + 1);
    t.equal((await gateOf(sidecar))?.breaker, 'half-open');
    probe.socket.destroy();
    await becomes(sidecar, 'open');
  }
  now.answer = WELL;
  t.equal(await fresh(), 200);
  t.equal((await gateOf(sidecar))?.breaker, 'closed');
});

t.test('what was sent before it opened does not speak for the probe', async (t) => {
  const { clock, now, origin, sidecar, many, fresh } = await startBreaking(t, { more: ', timeout: 20s' });
  const old: ServerResponse[] = [];
  now.answer = (res) => void old.push(res);
  // A head, so that no time-out of the head ends them.
  const before = Array.from({ length: 4 }, () => fresh());
  await eventually(() => old.length === 4);
  for (const res of old.slice(0, 2)) res.writeHead(200, { 'content-length': 10 }).write('abc');
  now.answer = (res) => void res.writeHead(500).end();
  await many(20);
  clock.advance(2_000);
  const held: ServerResponse[] = [];
  now.answer = (res) => void held.push(res);
  const probe = fresh();
  await eventually(() => held.length === 1);
  old[0]?.destroy();
  old[1]?.end('defghij');
  await Promise.all(before.slice(0, 2));
  t.equal((await gateOf(sidecar))?.breaker, 'half-open', 'neither a failure nor a success of before');
  held[0]?.end('well');
  t.equal(await probe, 200);
  t.equal((await gateOf(sidecar))?.breaker, 'closed');
  old[2]?.writeHead(500).end();
  old[3]?.end();
  await Promise.all(before);
  t.equal((await gateOf(sidecar))?.breaker, 'closed');
  t.ok(origin.requests.length > 20);
});

t.test('who waits for a turn when it opens is told at once', async (t) => {
  const { now, origin, sidecar, fresh } = await startBreaking(t, { breaker: '{ at-least: 1 }' });
  const held: ServerResponse[] = [];
  now.answer = (res) => void held.push(res);
  const first = fresh('/narrow');
  await origin.received(1);
  const others = Array.from({ length: 5 }, () => fresh('/narrow'));
  await eventually(async () => (await gateOf(sidecar, 'narrow'))?.waiting === 5);
  // A head: the exchange goes on, and so does its turn.
  held[0]?.writeHead(503).write('x');
  t.same(await Promise.all(others), [503, 503, 503, 503, 503]);
  held[0]?.end();
  t.equal(await first, 503);
  await eventually(async () => (await gateOf(sidecar, 'narrow'))?.atUpstream === 0);
  t.equal(origin.requests.length, 1);
  t.match(await gateOf(sidecar, 'narrow'), {
    atUpstream: 0,
    waiting: 0,
    breaker: 'open',
    turnedAway: { breaker: 5 },
  });
});

t.test('slow clients are not held against the upstream', async (t) => {
  const { now, origin, sidecar } = await startBreaking(t, { breaker: '{ at-least: 1, within: 10s }' });
  await sidecar.reload(`upstream: { url: '${origin.url}', head-timeout: 300ms, idle-timeout: 300ms, breaker: { at-least: 1, within: 10s } }
routes: [{ name: a, match: "/a/*", timeout: 150ms }]
`);
  now.answer = (res, req) => void req.resume().on('end', () => res.end('well'));
  const upload = sidecar.connect();
  upload.send('POST /a/1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc');
  t.match(await upload.until(/ 504 /), /upstream did not finish/);
  t.equal((await gateOf(sidecar))?.breaker, 'closed', 'an upload that takes its time');
  now.answer = (res) => void res.end(Buffer.alloc(30_000_000));
  const reader = sidecar.connect();
  reader.socket.pause();
  reader.send('GET /a/2 HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await eventually(async () => (await gateOf(sidecar))?.atUpstream === 1);
  await eventually(async () => (await gateOf(sidecar))?.atUpstream === 0);
  t.equal((await gateOf(sidecar))?.breaker, 'closed', 'a reader that does');
  now.answer = () => {};
  t.equal((await sidecar.ask('/a/3')).status, 504);
  t.equal((await gateOf(sidecar))?.breaker, 'open', 'an upstream that does');
});

t.test('an upgrade is refused, counts, and may be the one that is tried', async (t) => {
  const { clock, now, origin, sidecar, many } = await startBreaking(t);
  const upgrade = () => {
    const wire = sidecar.connect();
    wire.send('GET /a/ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    return wire.closed;
  };
  now.answer = (res) => void res.writeHead(500).end();
  await many(20);
  const asked = origin.requests.length;
  t.match(await upgrade(), /^HTTP\/1\.1 503 .*\r\nRetry-After: 2\r\n/s);
  t.equal(origin.requests.length, asked);
  clock.advance(2_000);
  now.answer = (res) => void res.socket?.destroy();
  t.match(await upgrade(), /^HTTP\/1\.1 502 /);
  t.match(await upgrade(), /^HTTP\/1\.1 503 .*\r\nRetry-After: [34]\r\n/s, 'the pause has doubled');
  clock.advance(4_000);
  now.answer = (res) => void res.writeHead(404).end();
  t.match(await upgrade(), /^HTTP\/1\.1 404 /);
  t.equal((await gateOf(sidecar))?.breaker, 'closed');
});
