import { join } from 'node:path';
import t from 'tap';
import { startCacheside } from '../fixtures/cacheside.ts';
import type { Answer } from '../fixtures/sidecar.ts';
import { pause } from '../proxy/start.ts';
import { createGate, HOST, lockOf, startReplicas } from './replicas.ts';

const all = (answers: readonly Answer[], text: string) =>
  answers.every((answer) => answer.status === 200 && answer.text === text);

await t.test('one cold key at 20 sidecars with 50 clients each is one upstream request', async (t) => {
  const { origin, sidecars, ask } = await startReplicas(
    t,
    20,
    (_req, res, count) => void setTimeout(() => res.end(`answer ${count}`), 20 + Math.random() * 250),
    { route: 'ttl: 60s, collapse-timeout: 40s' },
  );
  const crowd = sidecars.flatMap((sidecar) => Array.from({ length: 50 }, () => sidecar));
  for (let round = 1; round <= 3; round++) {
    t.ok(all(await ask(`/cold/${round}`, crowd, round * 40), `answer ${round}`));
    t.equal(origin.requests.length, round);
  }
});

await t.test('many short fetches are one each', async (t) => {
  const { origin, ask } = await startReplicas(t, 6, (_req, res) => {
    setTimeout(() => res.end('whole'), Math.random() * 5);
  });
  const keys = Array.from({ length: 200 }, (_, i) => `/short/${i}`);
  for (let i = 0; i < keys.length; i += 20) {
    await Promise.all(keys.slice(i, i + 20).map((key) => ask(key, undefined, 30)));
  }
  t.equal(origin.requests.length, keys.length);
});

await t.test('Redis lost while they wait leaves each sidecar to itself', async (t) => {
  for (const how of ['killed', 'paused'] as const) {
    await t.test(how, async (t) => {
      const gate = createGate();
      const { origin, redis, sidecars, ask, tried } = await startReplicas(
        t,
        8,
        (_req, res, count) => (count === 1 ? gate.hold(() => res.end('whole')) : res.end('whole')),
        { commandTimeout: 300 },
      );
      const [first, ...others] = sidecars;
      const leader = ask('/a', first ? [first] : []);
      await origin.received(1);
      const answers = ask('/a', [...others, ...others], 100);
      await tried(8);
      await pause(Math.random() * 100);
      if (how === 'killed') await redis.kill();
      else redis.pause();
      t.ok(all(await answers, 'whole'), 'while the first is still under way');
      t.equal(origin.requests.length, 8, 'one for each process');
      gate.open();
      t.ok(all(await leader, 'whole'));
    });
  }
});

// From here on they wait most of the time.
t.jobs = 3;

t.test('the leader killed while it fetches costs one more', async (t) => {
  const { origin, document, ask, tried, forget } = await startReplicas(t, 20, () => {});
  const directory = t.testdir({ 'cacheside.yaml': document });
  for (const round of [1, 2]) {
    await t.test(`round ${round}`, async (t) => {
      origin.requests.splice(0);
      origin.handler = (_req, res, count) => {
        res.write('wh');
        if (count > 1) setTimeout(() => res.end('ole'), Math.random() * 200);
      };
      const args = ['--config', join(directory, 'cacheside.yaml'), '--upstream', origin.url];
      await forget();
      const leader = await startCacheside(args, { host: HOST.headers.host });
      t.teardown(() => leader.stop());
      const lost = leader.get(`/${round}`).then(
        () => 'answered',
        () => 'cut',
      );
      await origin.received(1);
      const answers = ask(`/${round}`, undefined, 50);
      await tried(21);
      await pause(Math.random() * 400);
      t.equal(origin.requests.length, 1, 'they wait');
      leader.child.signal('SIGKILL');
      t.equal(await lost, 'cut');
      t.ok(all(await answers, 'whole'));
      t.equal(origin.requests.length, 2);
    });
  }
});

t.test('a leader that fails costs one more', async (t) => {
  const { origin, sidecars, ask, tried, forget } = await startReplicas(t, 5, () => {});
  const [first, ...others] = sidecars;
  for (const failure of ['status 500', 'truncated', 'reset'] as const) {
    await t.test(failure, async (t) => {
      const gate = createGate();
      await forget();
      origin.requests.splice(0);
      origin.handler = (_req, res, count) => {
        if (count > 1) return void res.end('whole');
        gate.hold(() => {
          if (failure === 'reset') return res.destroy();
          if (failure === 'status 500') return res.writeHead(500).end('failed');
          res.writeHead(200, { 'content-length': 10 });
          res.write('who', () => res.destroy());
        });
      };
      const leader = first?.ask(`/${failure.length}`, HOST).then(
        ({ status }) => status,
        () => 'cut',
      );
      await origin.received(1);
      const answers = ask(`/${failure.length}`, others, 20);
      await tried(5);
      gate.open();
      t.equal(await leader, { reset: 502, 'status 500': 500, truncated: 'cut' }[failure]);
      t.ok(all(await answers, 'whole'));
      t.equal(origin.requests.length, 2);
    });
  }
});

t.test('answers that nobody may share do not queue', async (t) => {
  const { origin, sidecars, ask } = await startReplicas(t, 20, () => {});
  for (const [path, how] of [
    ['/a', 'before the first is complete'],
    ['/b', 'another key'],
    ['/a', 'remembered'],
  ] as const) {
    const gate = createGate();
    origin.requests.splice(0);
    origin.handler = (_req, res, count) => {
      res.setHeader('cache-control', 'private');
      if (count === 1) res.flushHeaders();
      gate.hold(() => res.end('own'));
    };
    const answers = ask(path, undefined, 30);
    await origin.received(20);
    t.equal(gate.held, sidecars.length, `all at once: ${how}`);
    gate.open();
    t.ok(all(await answers, 'own'));
    t.equal(origin.requests.length, 20);
  }
});

t.test('what Redis does not take is fetched by all others at once', async (t) => {
  const body = 'x'.repeat(5_000);
  const first = createGate();
  const rest = createGate();
  const { origin, ask, tried } = await startReplicas(
    t,
    10,
    (_req, res, count) => (count === 1 ? first : rest).hold(() => res.end(body)),
    { ofRedis: ', max-value: 1KiB' },
  );
  const answers = ask('/a', undefined, 30);
  await tried(10);
  await origin.received(1);
  t.equal(origin.requests.length, 1, 'nobody knows yet');
  first.open();
  await origin.received(10);
  t.equal(rest.held, 9, 'all at once');
  rest.open();
  t.ok(all(await answers, body));
  t.ok(
    (await ask('/a')).every(({ cacheStatus }) => cacheStatus.includes('hit')),
    'each has its own',
  );
});

t.test('a lock lost while its leader fetches costs one more at most', async (t) => {
  const { origin, client, ask, tried, forget } = await startReplicas(t, 10, () => {});
  for (const round of [1, 2, 3]) {
    const gate = createGate();
    await forget();
    origin.requests.splice(0);
    origin.handler = (_req, res) => gate.hold(() => res.end('whole'));
    const answers = ask(`/${round}`, undefined, 30);
    await tried(10);
    await pause(Math.random() * 50);
    t.equal(await client.del(lockOf(`/${round}`)), 1);
    await origin.received(2);
    await pause(100);
    gate.open();
    t.ok(all(await answers, 'whole'));
    t.equal(origin.requests.length, 2);
  }
});

t.test('a lock outlives its lease while its leader fetches', async (t) => {
  const gate = createGate();
  const { origin, client, ask, tried } = await startReplicas(t, 5, (_req, res) => {
    gate.hold(() => res.end('whole'));
  });
  const answers = ask('/a');
  await tried(5);
  const token = await client.get(lockOf('/a'));
  await pause(1_300);
  t.equal(await client.get(lockOf('/a')), token, 'the same holds it');
  gate.open();
  t.ok(all(await answers, 'whole'));
  t.equal(origin.requests.length, 1);
  await pause(50);
  t.equal(await client.exists(lockOf('/a')), 0, 'released');
});
