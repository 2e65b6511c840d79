import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Answer, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { fakeClock, start } from './start.ts';
import { TIERS, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

const date = (ms: number) => new Date(ms).toUTCString();

/** `age` and `date` as in the upstream's response; a number is a Date that many seconds before it answered. */
interface Given {
  readonly age?: string | string[];
  readonly date?: number | string | undefined;
  /** Seconds from the request to the upstream's answer, and from there to its arrival. */
  readonly takes?: readonly [before: number, after: number];
  /** ms into a second at which it begins. */
  readonly into?: number;
  /** From the first answer to the next; s, 10 if not given. */
  readonly wait?: number;
}

const ROWS: readonly {
  id: string;
  rfc: string;
  given: Given;
  expect: readonly [first: number, then: number];
}[] = [
  { id: 'made now', rfc: '9111 §4.2.3', given: { date: 0 }, expect: [0, 10] },
  { id: 'no Date: it is when it arrived', rfc: '9110 §6.6.1', given: {}, expect: [0, 10] },
  { id: 'no Date, on its way for 3 s', rfc: '9111 §4.2.3', given: { takes: [3, 0] }, expect: [3, 13] },
  { id: 'Date in the past', rfc: '9111 §4.2.3', given: { date: 30 }, expect: [30, 40] },
  { id: 'Date in the future', rfc: '9111 §4.2.3', given: { date: -30 }, expect: [0, 10] },
  {
    id: 'Date that is none: when it arrived',
    rfc: '9110 §6.6.1',
    given: { date: 'yesterday' },
    expect: [0, 10],
  },
  { id: 'Age of a cache behind', rfc: '9111 §5.1', given: { date: 0, age: '7' }, expect: [7, 17] },
  { id: 'Age below what Date tells', rfc: '9111 §4.2.3', given: { date: 30, age: '7' }, expect: [30, 40] },
  { id: 'Age above what Date tells', rfc: '9111 §4.2.3', given: { date: 30, age: '40' }, expect: [40, 50] },
  { id: 'Age without Date', rfc: '9111 §4.2.3', given: { age: '7' }, expect: [7, 17] },
  { id: 'Age of several members', rfc: '9111 §5.1', given: { date: 0, age: '5, 9' }, expect: [5, 15] },
  { id: 'Age on several lines', rfc: '9111 §5.1', given: { date: 0, age: ['5', '9'] }, expect: [5, 15] },
  { id: 'negative Age', rfc: '9111 §5.1', given: { date: 0, age: '-5' }, expect: [0, 10] },
  {
    id: 'response delay counts to Age',
    rfc: '9111 §4.2.3',
    given: { date: 0, age: '7', takes: [1, 2] },
    expect: [10, 20],
  },
  {
    id: 'Date already tells of the way back',
    rfc: '9111 §4.2.3',
    given: { date: 0, takes: [0, 3] },
    expect: [3, 13],
  },
  {
    id: 'parts of a second are not rounded up',
    rfc: '9111 §5.1',
    given: { date: 0, takes: [0.3, 0.3], into: 700, wait: 10.3 },
    expect: [0, 10],
  },
  { id: 'nor down once they are a whole one', rfc: '9111 §5.1', given: { wait: 0.999 }, expect: [0, 0] },
  { id: 'a second later', rfc: '9111 §5.1', given: { wait: 1 }, expect: [0, 1] },
  {
    id: 'a clock set back: never younger',
    rfc: '9111 §4.2.3',
    given: { age: '7', wait: -4 },
    expect: [7, 7],
  },
  {
    id: 'a clock set back meanwhile: never negative',
    rfc: '9111 §4.2.3',
    given: { date: 0, takes: [-60, 0] },
    expect: [0, 10],
  },
];

async function setUp(t: Test, document: string, given: Given) {
  const clock = fakeClock(Date.UTC(2024, 0, 1) + (given.into ?? 0));
  const [before, after] = given.takes ?? [0, 0];
  const started = await start(
    t,
    document,
    (_req, res) => {
      res.sendDate = false;
      clock.advance(before);
      if (typeof given.date === 'number') res.setHeader('date', date(clock.time - given.date * 1000));
      if (typeof given.date === 'string') res.setHeader('date', given.date);
      if (given.age !== undefined) res.setHeader('age', given.age);
      clock.advance(after);
      res.setHeader('cache-control', 'max-age=1000').end('body');
    },
    { clock },
  );
  return { ...started, clock };
}

const linesOf = (answer: Answer, name: string) =>
  answer.rawHeaders.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === name);

function sameAge(t: Test, answer: Answer, expect: number, what: string): void {
  t.strictSame(linesOf(answer, 'age'), [String(expect)], `Age ${what}`);
}

/** Until Redis has what was sent to it. */
async function written(sidecar: Sidecar, sets: number): Promise<void> {
  let done = 0;
  await eventually(() => {
    sidecar.admin('/stats').then(
      ({ text }) => {
        done = JSON.parse(text).redis.sets;
      },
      () => {},
    );
    return done >= sets;
  });
}

for (const tiers of TIERS) {
  t.test(`from ${tiers}`, async (t) => {
    for (const { id, rfc, given, expect } of ROWS) {
      t.test(`${id} (RFC ${rfc})`, async (t) => {
        const { ask, sidecar, clock, origin } = await setUp(t, tiersOf(tiers, redis), given);
        const first = await ask('/a');
        sameAge(t, first, expect[0], 'at first');
        if (tiers !== 'memory') await written(sidecar, 1);
        clock.advance(given.wait ?? 10);
        const hit = await ask('/a');
        sameAge(t, hit, expect[1], 'of the hit');
        t.match(hit.cacheStatus, /^cacheside; hit/);
        t.match(linesOf(first, 'date'), [/ GMT$/]);
        t.equal(linesOf(first, 'date').length, 1);
        t.strictSame(linesOf(hit, 'date'), linesOf(first, 'date'), 'Date stays');
        t.equal(origin.requests.length, 1);
      });
    }
  });
}

t.test('a restart, and a promotion from Redis to memory', async (t) => {
  for (const { id, given, expect } of ROWS.filter(({ given }) => given.wait === undefined)) {
    t.test(id, async (t) => {
      const document = tiersOf('memory and Redis', redis);
      const { ask, sidecar, clock, origin } = await setUp(t, document, given);
      const headers = { host: 'a.test' };
      const first = await ask('/a', { headers });
      await written(sidecar, 1);
      await sidecar.close();
      clock.advance(10);
      const next = await startSidecar(origin.url, document, clock);
      t.teardown(() => next.close());
      const fromRedis = await next.ask('/a', { headers });
      t.match(fromRedis.cacheStatus, /hit; .*detail=redis/);
      sameAge(t, fromRedis, expect[1], 'from Redis');
      clock.advance(5);
      const promoted = await next.ask('/a', { headers });
      t.match(promoted.cacheStatus, /hit; .*detail=memory/);
      sameAge(t, promoted, expect[1] + 5, 'from memory');
      for (const answer of [fromRedis, promoted]) {
        t.strictSame(linesOf(answer, 'date'), linesOf(first, 'date'), 'Date stays');
      }
    });
  }
});

const VALIDATED: readonly {
  id: string;
  given: (res: ServerResponse, now: number) => void;
  expect: readonly [first: number, then: number];
  date: number;
}[] = [
  { id: 'its Date', given: (res, now) => void res.setHeader('date', date(now)), expect: [0, 10], date: 0 },
  { id: 'no Date', given: () => {}, expect: [0, 10], date: 0 },
  {
    id: 'Date in the past',
    given: (res, now) => void res.setHeader('date', date(now - 4_000)),
    expect: [4, 14],
    date: -4_000,
  },
  {
    id: 'Age of a cache behind',
    given: (res, now) => void res.setHeader('date', date(now)).setHeader('age', '5'),
    expect: [5, 15],
    date: 0,
  },
];

for (const tiers of TIERS) {
  t.test(`a 304 begins Age and Date anew in ${tiers} (RFC 9111 §4.3.4)`, async (t) => {
    for (const row of VALIDATED) {
      t.test(row.id, async (t) => {
        const clock = fakeClock();
        const { ask, sidecar } = await start(
          t,
          tiersOf(tiers, redis),
          (_req, res, count) => {
            res.sendDate = false;
            res.setHeader('etag', '"1"').setHeader('cache-control', 'max-age=60');
            if (count === 1) return void res.setHeader('age', '50').end('body');
            row.given(res, clock.time);
            res.writeHead(304).end();
          },
          { clock },
        );
        sameAge(t, await ask('/a'), 50, 'of the first');
        if (tiers !== 'memory') await written(sidecar, 1);
        clock.advance(20);
        const validated = await ask('/a');
        t.match(validated.cacheStatus, /fwd-status=304; stored; .*detail=freshened/);
        sameAge(t, validated, row.expect[0], 'of the validated');
        const moment = clock.time;
        if (tiers !== 'memory') await written(sidecar, 2);
        clock.advance(10);
        const hit = await ask('/a');
        t.match(hit, { text: 'body', cacheStatus: /hit/ });
        sameAge(t, hit, row.expect[1], 'of the hit');
        for (const answer of [validated, hit]) {
          t.strictSame(linesOf(answer, 'date'), [date(moment + row.date)]);
        }
      });
    }
  });
}

t.test('what passes the cache by has Age and Date once, too', async (t) => {
  const clock = fakeClock();
  const { ask } = await start(
    t,
    '',
    (req, res) => {
      res.sendDate = false;
      if (req.url === '/aged') res.setHeader('age', '7').setHeader('date', date(clock.time - 1_000));
      res.end();
    },
    { clock },
  );
  const plain = await ask('/plain', { method: 'POST' });
  sameAge(t, plain, 0, 'of what was just made');
  t.strictSame(linesOf(plain, 'date'), [date(clock.time)]);
  const aged = await ask('/aged', { method: 'POST' });
  sameAge(t, aged, 7, 'of a cache behind');
  t.strictSame(linesOf(aged, 'date'), [date(clock.time - 1_000)]);
});
