import t from 'tap';
import { createClock } from '../../src/clock.ts';
import { arrived, SKEW } from '../../src/store/arrival.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { NOW, storedResponse, varyRecord } from '../store/stored-samples.ts';

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

/** Two clocks of a machine, of which one can be set. */
function machine() {
  const time = { wall: NOW, mono: 5_000 };
  return {
    time,
    clock: createClock(
      () => time.wall,
      () => time.mono,
    ),
    /** s */
    pass(seconds: number) {
      time.wall += seconds * SECOND;
      time.mono += seconds * SECOND;
    },
    /** ms; long enough ago to be noticed. */
    step(ms: number) {
      time.wall += ms;
      time.mono += SECOND;
      time.wall += SECOND;
    },
  };
}

const redis = await startRedis();
t.teardown(() => redis.stop());

/** `pass` in seconds; `step` takes one more. Then what a client is told of a response that lives 60 s. */
type Act =
  | { readonly step: number }
  | { readonly pass: number }
  | { readonly ask: RegExp; readonly age: number };

const ROWS: readonly { id: string; tiers?: string; lives?: number; acts: readonly Act[] }[] = [
  {
    id: 'set back: it ages on, and ends when it was going to',
    acts: [
      { ask: /uri-miss/, age: 0 },
      { pass: 10 },
      { step: -DAY },
      { ask: /; hit; ttl=49/, age: 11 },
      { pass: 48 },
      { ask: /; hit; ttl=1;/, age: 59 },
      { pass: 2 },
      { ask: /fwd=stale/, age: 0 },
      { pass: 30 },
      { ask: /; hit; ttl=30/, age: 30 },
    ],
  },
  {
    id: 'set back after more than a day: no day is won',
    lives: 172_900,
    acts: [
      { ask: /uri-miss/, age: 0 },
      { pass: 2 * 86_400 },
      { step: -DAY },
      { pass: 98 },
      { ask: /; hit; ttl=1;/, age: 172_899 },
      { pass: 2 },
      { ask: /fwd=stale/, age: 0 },
    ],
  },
  {
    id: 'set back: no stale window stays open for longer',
    tiers: 'memory: { limit: 8MiB }\nroutes: [{ match: /*, stale-while-revalidate: 20s }]\n',
    acts: [
      { ask: /uri-miss/, age: 0 },
      { pass: 79 },
      { step: -DAY },
      { pass: 1 },
      { ask: /fwd=stale/, age: 0 },
    ],
  },
  {
    id: 'set forward: it may have been a sleep, and counts as age',
    acts: [
      { ask: /uri-miss/, age: 0 },
      { step: DAY },
      { ask: /fwd=stale|uri-miss/, age: 0 },
      { pass: 5 },
      { ask: /; hit/, age: 5 },
    ],
  },
  {
    id: 'set forward and back again: what was stored meanwhile wins no day',
    acts: [
      { step: DAY },
      { ask: /uri-miss/, age: 0 },
      { pass: 10 },
      { step: -DAY },
      { ask: /; hit; ttl=49/, age: 11 },
      { pass: 50 },
      { ask: /fwd=stale/, age: 0 },
    ],
  },
  {
    id: 'set back and forward again',
    acts: [{ step: -DAY }, { ask: /uri-miss/, age: 0 }, { step: DAY }, { ask: /fwd=stale|uri-miss/, age: 0 }],
  },
  {
    id: 'twice set back by less than it lives',
    acts: [
      { ask: /uri-miss/, age: 0 },
      { step: -20 * SECOND },
      { step: -20 * SECOND },
      { pass: 40 },
      { ask: /; hit; ttl=18/, age: 42 },
      { pass: 20 },
      { ask: /fwd=stale/, age: 0 },
    ],
  },
  {
    id: 'Redis alone, set back: what was stored before is validated, once',
    tiers: `memory: off\nredis: { url: ${redis.url}, namespace: back }\n`,
    acts: [
      { ask: /uri-miss/, age: 0 },
      { ask: /; hit; ttl=60; detail=redis/, age: 0 },
      { step: -DAY },
      { ask: /fwd=stale/, age: 0 },
      { ask: /; hit; ttl=60; detail=redis/, age: 0 },
      { pass: 1 },
      { ask: /; hit; ttl=59; detail=redis/, age: 1 },
    ],
  },
];

t.test('the wall clock is set while responses are stored', async (t) => {
  for (const [i, { id, acts, tiers = '', lives = 60 }] of ROWS.entries()) {
    const { clock, time, pass, step } = machine();
    const origin = await startOrigin((_req, res) => {
      res.sendDate = false;
      res.setHeader('Date', new Date(time.wall).toUTCString());
      res.setHeader('Cache-Control', `max-age=${lives}`).setHeader('ETag', '"1"');
      res.end('stored');
    });
    const sidecar = await startSidecar(origin.url, tiers, clock);
    const row = `${id}: `;
    for (const act of acts) {
      if ('pass' in act) pass(act.pass);
      else if ('step' in act) step(act.step);
      else {
        const { status, cacheStatus, headers } = await sidecar.ask(`/${i}`);
        t.equal(status, 200);
        t.match(cacheStatus, act.ask, row + act.ask);
        t.equal(Number(headers['age']), act.age, row + act.ask);
        const date = Date.parse(String(headers['date']));
        t.ok(Math.abs(date - time.wall) < 90 * SECOND || act.age > 0, `${row}Date follows the wall clock`);
      }
    }
    await sidecar.close();
    await origin.close();
  }
});

t.test('what comes from Redis with a time still to come', async (t) => {
  const at = (ms: number) => storedResponse({ responseTime: NOW + ms, requestTime: NOW + ms });
  const stale = { initialAge: 60_000, staleWhileRevalidate: 0, staleIfError: 0 };
  const rows = [
    { id: 'past', stored: at(-DAY), expects: {} },
    { id: 'a clock that is a little ahead', stored: at(SKEW), expects: { initialAge: 12.5 } },
    {
      id: 'a clock that is far ahead',
      stored: at(SKEW + 1),
      expects: stale,
    },
    { id: 'a day', stored: at(DAY), expects: stale },
  ];
  for (const { id, stored, expects } of rows) t.match(arrived(stored, NOW, 0), { ...stored, ...expects }, id);
  t.match(arrived(at(0), NOW, 7), { setBack: 7 }, 'it was stored after ours was set back');
  const record = varyRecord();
  t.equal(arrived(record, 0, 7), record);
});

t.test('steps and pauses, as the clock reads them', async (t) => {
  const time = { wall: NOW + 0.5, mono: 0 };
  let heldUp = 0;
  const clock = createClock(
    () => {
      time.mono += heldUp;
      time.wall += heldUp;
      heldUp = 0;
      return Math.floor(time.wall);
    },
    () => time.mono,
  );
  const pass = (ms: number) => {
    time.wall += ms;
    time.mono += ms;
  };
  for (let i = 0; i < 50; i++) {
    pass(1_234.7);
    if (i % 10 === 0) heldUp = 40;
    const { wall } = time;
    t.ok(Math.abs(clock.now() - wall) <= 2, 'no step is seen where there is none');
  }
  t.equal(clock.setBack, 0);
  time.wall -= DAY;
  pass(100);
  t.ok(clock.now() - time.wall > DAY - 10, 'it is looked at once a second');
  pass(1_000);
  t.ok(Math.abs(clock.now() - time.wall) <= 6);
  t.ok(Math.abs((clock.setBack ?? 0) - DAY) <= 6);
});
