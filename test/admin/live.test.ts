import { mock } from 'node:test';
import t from 'tap';
import { MOST_LISTENERS } from '../../src/admin/live.ts';
import type { LiveEvent } from '../../src/admin/live-event.ts';
import { createLiveFeeds, type LiveSink } from '../../src/admin/live-feeds.ts';
import type { AdminFigures } from '../../src/admin/ports.ts';
import { createStats, type Stats } from '../../src/observe/stats.ts';
import { eventually } from '../fixtures/eventually.ts';
import { stillClock } from '../fixtures/still-clock.ts';
import { finished, missed } from '../observe/finished.ts';
import { openLive } from './live-stream.ts';
import { partsFor, running } from './running.ts';

const token = 'read-me';

/** The figures of an admin server, with these requests. */
async function figuresOf(stats: Stats): Promise<AdminFigures> {
  const { stats: shown } = await partsFor().parts.figures();
  return { stats: { ...shown, ...stats.snapshot() }, raw: stats.raw() };
}

function createSink() {
  const sink = { events: [] as LiveEvent[], writableLength: 0, destroyed: false };
  const to: LiveSink = {
    get writableLength() {
      return sink.writableLength;
    },
    write(text: string) {
      sink.events.push(JSON.parse(text.replace(/^event: live\ndata: (.*)\n\n$/, '$1')));
      return true;
    },
    destroy() {
      sink.destroyed = true;
      return to as never;
    },
  };
  return { sink, to };
}

/** All that is due by now has happened. */
const turn = () => new Promise(setImmediate);

t.test('feeds', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());

  /** Feeds over real counts, at a clock that the test moves. */
  const staged = () => {
    const clock = stillClock();
    const stats = createStats(['product'], clock);
    const calls = { looks: 0, fail: false };
    const feeds = createLiveFeeds(async () => {
      calls.looks++;
      if (calls.fail) throw new Error('no figures');
      return figuresOf(stats);
    }, clock);
    const pass = async (ms: number) => {
      clock.advance(ms);
      mock.timers.tick(ms);
      await turn();
    };
    const listen = async (interval = 1_000) => {
      const { sink, to } = createSink();
      const abort = new AbortController();
      const over = { is: false };
      const listening = feeds.listen(interval, to, abort.signal).finally(() => {
        over.is = true;
      });
      listening.catch(() => {});
      await turn();
      return { sink, over, listening, leave: () => abort.abort() };
    };
    return { stats, calls, feeds, pass, listen };
  };

  await t.test('each event tells of the time since the one before it of its stream', async (t) => {
    const { stats, calls, pass, listen } = staged();
    stats.observe(finished());
    const early = await listen();
    const [first] = early.sink.events;
    t.match(first, { stats: { requests: 1 }, window: { duration: 0, requests: 0, hitRate: null } });
    t.match(first?.window.routes, { product: { requests: 0 }, none: { requests: 0 } });

    stats.observe(finished({ duration: 4 }));
    stats.observe(missed({ bytes: 50 }));
    await pass(600);
    const late = await listen();
    stats.observe(finished());
    t.equal(early.sink.events.length, 1);
    await pass(400);
    t.equal(calls.looks, 3, 'one look for both');
    t.match(early.sink.events.at(-1), {
      now: (first?.now ?? 0) + 1_000,
      stats: { requests: 4 },
      window: {
        duration: 1_000,
        requests: 3,
        hits: 2,
        misses: 1,
        outcomes: { hit: 2, miss: 1 },
        bytesServed: 250,
        bytesSaved: 200,
        routes: { product: { requests: 3 } },
      },
    });
    t.match(late.sink.events.at(-1), { stats: { requests: 4 }, window: { duration: 400, requests: 1 } });

    await pass(1_000);
    t.equal(calls.looks, 4);
    t.match(early.sink.events.at(-1), { window: { duration: 1_000, requests: 0 } });
    t.strictSame(early.sink.events.at(-1), late.sink.events.at(-1), 'from now on the same');
    early.leave();
    late.leave();
  });

  await t.test('nobody is asked while nobody listens, and each interval has its own pace', async (t) => {
    const { calls, feeds, pass, listen } = staged();
    await pass(5_000);
    t.equal(calls.looks, 0);
    const [quick, slow] = [await listen(250), await listen(1_000)];
    t.equal(feeds.listeners, 2);
    for (let i = 0; i < 4; i++) await pass(250);
    t.equal(quick.sink.events.length, 5);
    t.equal(slow.sink.events.length, 2);
    for (const one of [quick, slow]) {
      one.leave();
      await one.listening;
    }
    t.equal(feeds.listeners, 0);
    const { looks } = calls;
    await pass(5_000);
    t.equal(calls.looks, looks);
  });

  await t.test('who does not read is sent nothing more, and cut off in the end', async (t) => {
    const { stats, pass, listen, feeds } = staged();
    const { sink, over } = await listen();
    sink.writableLength = 100;
    for (let i = 0; i < 3; i++) {
      stats.observe(finished());
      await pass(1_000);
    }
    t.equal(sink.events.length, 1);
    sink.writableLength = 0;
    await pass(1_000);
    t.match(sink.events.at(-1), { window: { duration: 4_000, requests: 3 } }, 'nothing is lost');
    sink.writableLength = 1;
    await pass(9_000);
    t.notOk(sink.destroyed);
    await pass(1_000);
    t.ok(sink.destroyed);
    t.ok(over.is);
    t.equal(feeds.listeners, 0);
  });

  await t.test('without figures a stream breaks off', async (t) => {
    const { calls, pass, listen, feeds } = staged();
    const { listening } = await listen();
    calls.fail = true;
    await pass(1_000);
    await t.rejects(listening, { message: 'no figures' });
    await t.rejects((await listen()).listening, { message: 'no figures' });
    t.equal(feeds.listeners, 0);
  });
});

t.test('over HTTP', async (t) => {
  const stats = createStats(['product'], stillClock());
  const { port, call, log } = await running(t, { figures: () => figuresOf(stats) });
  const live = await openLive(t, port, { token, query: '?interval=250' });
  t.match(live.response.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  stats.observe(finished());
  const event = await live.many(2);
  t.match(event.window, { requests: 1 });
  t.ok(event.window.duration >= 200 && event.window.duration < 5_000, `${event.window.duration}`);
  const { purges: _purges, ...shown } = event.stats;
  t.match((await call('GET', '/stats', { token })).json, shown, 'the body of /stats');
  t.match(live.text(), /^event: live\ndata: \{"now":\d+,"stats":\{/);

  for (const query of [
    'interval=249',
    'interval=60001',
    'interval=1e3',
    'interval=',
    'every=1',
    'interval=250&interval=250',
  ])
    t.equal((await call('GET', `/live?${query}`, { token })).status, 400, query);
  t.equal((await call('GET', '/live')).status, 401);
  t.equal((await call('POST', '/live', { token })).status, 405);
  const head = await call('HEAD', '/live', { token });
  t.match(head, { status: 200, text: '', headers: { 'content-type': 'text/event-stream' } });

  const others = await Promise.all(
    Array.from({ length: MOST_LISTENERS - 1 }, () => openLive(t, port, { token, query: '?interval=60000' })),
  );
  const refused = await call('GET', '/live', { token });
  t.match(refused, { status: 503, headers: { 'retry-after': '10' } });
  t.match(refused.json.detail, '32 listen already');
  others[0]?.leave();
  await eventually(async () => {
    const again = await openLive(t, port, { token, query: '?interval=60000' });
    again.leave();
    return again.response.statusCode === 200;
  });
  t.notOk(log.some(({ msg }) => msg === 'admin request failed'));
});

t.test('the end of the port ends its streams in order', async (t) => {
  const { parts } = partsFor();
  const { createAdminServer } = await import('../../src/admin/server.ts');
  const server = createAdminServer(parts);
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const streams = await Promise.all([1, 2].map(() => openLive(t, port, { token })));
  for (const stream of streams) await stream.many(1);
  const began = performance.now();
  await server.close();
  t.ok(performance.now() - began < 1_000);
  await eventually(() => streams.every((stream) => stream.ended() !== undefined));
  t.same(
    streams.map((stream) => stream.ended()),
    ['end', 'end'],
  );
});

t.test('a client that reads nothing is cut off', async (t) => {
  let [ahead, looks] = [0, 0];
  const clock = { now: Date.now, monotonic: () => performance.now() + ahead };
  const { parts } = partsFor();
  // More than the system takes for a connection.
  const padding = 'x'.repeat(24 * 1024 * 1024);
  const { port } = await running(t, {
    clock,
    async figures() {
      const { stats, raw } = await parts.figures();
      looks++;
      return { raw, stats: looks === 1 ? { ...stats, padding } : stats };
    },
  });
  const live = await openLive(t, port, { token, query: '?interval=250', paused: true });
  await eventually(() => looks === 2);
  ahead = 60_000;
  await eventually(() => looks === 3);
  let bytes = 0;
  live.response.on('data', (chunk: string) => {
    bytes += chunk.length;
  });
  live.response.resume();
  await eventually(() => live.ended() !== undefined);
  t.equal(live.ended(), 'ECONNRESET');
  t.ok(bytes > 0 && bytes < padding.length, `${bytes}`);
});
