import type { ServerResponse } from 'node:http';
import t from 'tap';
import { createRenewals } from '../../src/proxy/renewals.ts';
import { pause, start } from './start.ts';

t.test('waits twice as long after each failure, and thirty seconds at most', async (t) => {
  const renewals = createRenewals();
  t.ok(renewals.isDue('a', 0), 'nothing failed yet');
  let now = 1_000_000;
  for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
    renewals.failed('a', now);
    t.notOk(renewals.isDue('a', now + wait * 1000 - 1), `${wait} s`);
    t.ok(renewals.isDue('b', now), 'others are not held up');
    now += wait * 1000;
    t.ok(renewals.isDue('a', now), `${wait} s are over`);
  }
});

t.test('forgets what is over', async (t) => {
  const renewals = createRenewals();
  for (const how of ['a success', 'a long time']) {
    for (const now of [0, 1_000, 3_000]) renewals.failed(how, now);
    t.notOk(renewals.isDue(how, 6_999), how);
    if (how === 'a success') renewals.succeeded(how);
    const later = how === 'a success' ? 3_500 : 60_000;
    t.ok(renewals.isDue(how, later));
    renewals.failed(how, later);
    t.ok(renewals.isDue(how, later + 1_000), 'begins anew');
  }
});

t.test('leaves what another replica is at alone for a quarter of a second', async (t) => {
  const renewals = createRenewals();
  renewals.left('a', 0);
  t.notOk(renewals.isDue('a', 249));
  t.ok(renewals.isDue('a', 250));
  renewals.failed('a', 250);
  t.notOk(renewals.isDue('a', 1_249), 'a first failure waits as long as any');
  t.ok(renewals.isDue('a', 1_250));
});

t.test('remembers ten thousand keys', async (t) => {
  const renewals = createRenewals();
  for (let i = 0; i < 10_000; i++) renewals.failed(`${i}`, 0);
  t.notOk(renewals.isDue('0', 0));
  renewals.failed('one more', 0);
  t.ok(renewals.isDue('0', 0));
  t.notOk(renewals.isDue('one more', 0));
});

t.test('a renewal that failed is not tried again by every hit', async (t) => {
  const failures: Record<string, (res: ServerResponse) => void> = {
    'status 500': (res) => res.writeHead(500).end(),
    'no response': (res) => void res.socket?.end('garbage\r\n\r\n'),
    'half a body': (res) => {
      res.writeHead(200, { 'content-length': 10 });
      res.write('abc', () => res.destroy());
    },
  };
  for (const [failure, fail] of Object.entries(failures)) {
    for (const renewed of ['ttl: 20ms, stale-while-revalidate: 60s', 'ttl: 10s, eager-refresh: 0.1%']) {
      t.test(`${failure}, ${renewed}`, async (t) => {
        const { origin, ask } = await start(
          t,
          `routes: [{ match: "/a", ${renewed} }]\n`,
          (_req, res, count) => (count === 2 ? fail(res) : res.end(`answer ${count}`)),
        );
        await ask('/a');
        await pause(40);
        const answer = { text: 'answer 1', cacheStatus: /hit/ };
        for (let i = 0; i < 20; i++) t.match(await ask('/a'), answer);
        t.equal(origin.requests.length, 2, 'tried once');
        if (failure !== 'status 500') return;
        const failedAt = performance.now();
        for (; origin.requests.length < 3; await pause(10)) t.match(await ask('/a'), { cacheStatus: /hit/ });
        t.ok(performance.now() - failedAt > 500, 'and again a second later');
      });
    }
  }
});
