import t from 'tap';
import { createGate, HOST, keyOf, lockOf, startReplicas } from '../faults/replicas.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Answer, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { untilStats } from '../fixtures/stats.ts';

const first = <T>([one]: readonly T[]): T => {
  if (one === undefined) throw new Error('there is none');
  return one;
};

/** Purges at one sidecar, and waits until all have heard of it. */
async function purge(sidecars: readonly Sidecar[], selector: Readonly<Record<string, unknown>>) {
  const { position } = JSON.parse((await first(sidecars).purge(selector)).text);
  for (const sidecar of sidecars) await untilStats(sidecar, ({ purges }) => purges.applied >= position);
}

t.test('what waited is told as collapsed, and a look that finds it as a hit', async (t) => {
  const gate = createGate();
  const { origin, sidecars, ask, tried } = await startReplicas(t, 3, (_req, res) => {
    gate.hold(() => res.end('whole'));
  });
  const answers = ask('/a', sidecars.slice(0, 2));
  await tried(2);
  gate.open();
  const told = (await answers).map(({ cacheStatus }) => cacheStatus).sort();
  t.match(told, [
    /fwd=uri-miss; collapsed; ttl=(?:59|60); detail=redis/,
    /fwd=uri-miss; fwd-status=200; stored/,
  ]);
  t.match(await ask('/a', sidecars.slice(2)), [{ cacheStatus: /hit; ttl=(?:59|60); detail=redis/ }]);
  t.equal(origin.requests.length, 1);
});

t.test('a stale response is renewed by one replica, for all', async (t) => {
  const { origin, sidecars, ask } = await startReplicas(
    t,
    6,
    (_req, res, count) => void setTimeout(() => res.end(`answer ${count}`), 100),
    { route: 'ttl: 60s, stale-while-revalidate: 60s' },
  );
  for (const round of [1, 2, 3]) {
    await ask('/a');
    await purge(sidecars, { all: true, soft: true });
    const many = [...sidecars, ...sidecars, ...sidecars];
    const stale = await ask('/a', many, 60);
    t.ok(
      stale.every(({ cacheStatus }) => cacheStatus.includes('hit')),
      'nobody waits',
    );
    const isNew = ({ text }: Answer) => text === `answer ${round + 1}`;
    await eventually(async () => (await ask('/a')).every(isNew));
    t.equal(origin.requests.length, round + 1);
  }
});

t.test('a stale response that must be validated is validated once', async (t) => {
  const gate = createGate();
  const { origin, sidecars, ask, tried, forget } = await startReplicas(t, 6, (req, res) => {
    res.setHeader('etag', '"1"');
    if (req.headers['if-none-match'] === undefined) return void res.end('whole');
    gate.hold(() => res.writeHead(304).end());
  });
  await ask('/a');
  await purge(sidecars, { all: true, soft: true });
  await forget();
  const answers = ask('/a', undefined, 20);
  await tried(6);
  gate.open();
  const told = (await answers).map(({ status, text, cacheStatus }) => `${status} ${text} ${cacheStatus}`);
  t.equal(told.filter((one) => /^200 whole .*collapsed/.test(one)).length, 5);
  t.equal(told.filter((one) => /^200 whole .*fwd-status=304.*freshened/.test(one)).length, 1);
  t.equal(origin.requests.length, 2);
});

t.test('one request for each variant', async (t) => {
  const gate = createGate();
  const { origin, sidecars } = await startReplicas(t, 9, (req, res, count) => {
    res.setHeader('vary', 'accept-language');
    const answer = () => void res.end(`in ${req.headers['accept-language']}`);
    if (count === 1) setTimeout(answer, 50);
    else gate.hold(answer);
  });
  const answers = Promise.all(
    sidecars.map(async (sidecar, i) => {
      const language = ['de', 'en', 'fr'][i % 3] ?? '';
      const { text } = await sidecar.ask('/a', { headers: { ...HOST.headers, 'accept-language': language } });
      return text === `in ${language}`;
    }),
  );
  await origin.received(3);
  t.equal(gate.held, 2, 'the others at once, as soon as it is known that they differ');
  gate.open();
  t.ok((await answers).every((isRight) => isRight));
  t.equal(origin.requests.length, 3);
});

t.test('a purge during the fetch holds everywhere', async (t) => {
  const gate = createGate();
  const { origin, sidecars, ask, tried } = await startReplicas(t, 6, (_req, res, count) => {
    res.write('answer ');
    if (count === 1) gate.hold(() => res.end('1'));
    else setTimeout(() => res.end(`${count}`), 30);
  });
  const leader = ask('/a', sidecars.slice(0, 1));
  await origin.received(1);
  const answers = ask('/a', sidecars.slice(1));
  await tried(6);
  await purge(sidecars, { all: true });
  gate.open();
  t.match(await leader, [{ text: 'answer 1' }], 'it was asked before');
  t.ok((await answers).every(({ text }) => text === 'answer 2'));
  t.equal(origin.requests.length, 2);
});

t.test('requests of clients who leave', async (t) => {
  const gate = createGate();
  const { origin, sidecars, ask, tried } = await startReplicas(t, 3, (_req, res) => {
    gate.hold(() => res.end('whole'));
  });
  const [one, two, three] = sidecars;
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three');
  const wires = [one.connect()];
  wires[0]?.send(`GET /a HTTP/1.1\r\nHost: ${HOST.headers.host}\r\n\r\n`);
  await origin.received(1);
  wires.push(two.connect());
  wires[1]?.send(`GET /a HTTP/1.1\r\nHost: ${HOST.headers.host}\r\n\r\n`);
  const stays = ask('/a', [three]);
  await tried(3);
  for (const { socket } of wires) socket.destroy();
  for (const sidecar of [one, two]) await untilStats(sidecar, ({ requests }) => requests > 0);
  t.equal(gate.held, 1, 'both are over while the fetch goes on for others');
  gate.open();
  t.match(await stays, [{ text: 'whole', cacheStatus: /collapsed/ }]);
  t.equal(origin.requests.length, 1);
});

t.test("a slow leader's client holds no other replica", async (t) => {
  const body = 'x'.repeat(8 << 20);
  const { origin, sidecars, ask } = await startReplicas(t, 2, (_req, res) => void res.end(body), {
    route: 'ttl: 60s, max-body: 16MiB',
    ofRedis: ', max-value: 16MiB',
    more: 'memory: 128MiB',
  });
  const slow = first(sidecars).connect();
  slow.send(`GET /a HTTP/1.1\r\nHost: ${HOST.headers.host}\r\n\r\n`);
  await slow.until(/200 OK/);
  slow.socket.pause();
  const answers = await ask('/a', sidecars.slice(1));
  t.ok(answers.every(({ text }) => text === body));
  t.equal(origin.requests.length, 1);
});

t.test('the wait ends after `collapse-timeout`', async (t) => {
  const gate = createGate();
  const { origin, sidecars, ask } = await startReplicas(
    t,
    2,
    (_req, res, count) => (count === 1 ? gate.hold(() => res.end('first')) : res.end('second')),
    { route: 'ttl: 60s, collapse-timeout: 150ms' },
  );
  const leader = ask('/a', sidecars.slice(0, 1));
  await origin.received(1);
  const began = performance.now();
  t.match(await ask('/a', sidecars.slice(1)), [{ text: 'second', cacheStatus: /fwd=uri-miss; fwd-status/ }]);
  const took = performance.now() - began;
  t.ok(took >= 149 && took < 2_000, `${took} ms`);
  gate.open();
  await leader;
});

t.test('requests that no response satisfies but their own do not queue', async (t) => {
  const headers = { ...HOST.headers, 'cache-control': 'no-cache' };
  let running = 0;
  let most = 0;
  const { origin, sidecars } = await startReplicas(t, 8, (_req, res) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      res.end('whole');
    }, 200);
  });
  await Promise.all(sidecars.map((sidecar) => sidecar.ask('/a', { headers })));
  t.ok(origin.requests.length >= 7, 'all but whoever found nothing stored');
  t.ok(most >= 6, `${most} at once, behind the first`);
});

t.test('a lock that went from one to another between two looks is no longer waited for', async (t) => {
  const { origin, client, sidecars, ask, looked, forget } = await startReplicas(
    t,
    2,
    (_req, res) => void res.end('whole'),
    { route: 'ttl: 60s, collapse-timeout: 1m' },
  );
  await ask('/a', sidecars.slice(0, 1));
  await eventually(async () => (await client.exists(lockOf('/a'))) === 0);
  await client.rename(keyOf('/a'), 'aside');
  await client.set(lockOf('/a'), 'one', 'PX', 60_000);
  await forget();
  const answers = ask('/a', sidecars.slice(1));
  // For the response, then at the lock that it did not get, and again.
  await looked(3);
  await client.rename('aside', keyOf('/a'));
  await client.set(lockOf('/a'), 'another', 'PX', 60_000);
  t.match(await answers, [{ text: 'whole', cacheStatus: /collapsed; ttl=.*detail=redis/ }]);
  t.equal(origin.requests.length, 1);
});

t.test('what was stored between the look and the lock is not fetched again', async (t) => {
  const { origin, client, sidecars, ask } = await startReplicas(t, 2, (_req, res) => void res.end('whole'));
  const other = client.duplicate();
  t.teardown(() => other.disconnect());
  await ask('/a', sidecars.slice(0, 1));
  await eventually(async () => (await client.exists(lockOf('/a'))) === 0);
  await client.rename(keyOf('/a'), 'aside');
  // Reads go on, writes wait, and are done in their order later.
  await other.call('CLIENT', 'PAUSE', '60000', 'WRITE');
  const stored = client.rename('aside', keyOf('/a'));
  const answers = ask('/a', sidecars.slice(1));
  await eventually(async () => / flags=\w*b.* cmd=set /.test(String(await other.client('LIST'))), 15_000);
  await other.call('CLIENT', 'UNPAUSE');
  await stored;
  t.match(await answers, [{ text: 'whole', cacheStatus: /hit; ttl=.*detail=redis/ }]);
  t.equal(origin.requests.length, 1);
});

t.test('with no memory tier', async (t) => {
  const { origin, sidecars, ask } = await startReplicas(
    t,
    6,
    (_req, res) => void setTimeout(() => res.end('whole'), 60),
    { more: 'memory: off' },
  );
  const answers = await ask('/a', [...sidecars, ...sidecars, ...sidecars]);
  t.ok(answers.every(({ text }) => text === 'whole'));
  t.equal(origin.requests.length, 1);
});

t.test('a reload takes it up', async (t) => {
  const { origin, sidecars, document, ask } = await startReplicas(t, 4, (_req, res) => {
    setTimeout(() => res.end('whole'), 100);
  });
  for (const [collapse, expected] of [
    ['process', 4],
    ['replicas', 1],
  ] as const) {
    origin.requests.splice(0);
    for (const sidecar of sidecars)
      await sidecar.reload(document.replace('collapse: replicas', `collapse: ${collapse}`));
    await ask(`/${collapse}`);
    t.equal(origin.requests.length, expected, collapse);
  }
});

t.test('without Redis a sidecar collapses for itself', async (t) => {
  const { origin, sidecars } = await startReplicas(
    t,
    1,
    (_req, res) => void setTimeout(() => res.end('a'), 50),
  );
  const alone = await startSidecar(origin.url, 'routes: [{ match: "/*", ttl: 60s, collapse: replicas }]\n');
  t.teardown(() => alone.close());
  const answers = await Promise.all(Array.from({ length: 10 }, () => alone.ask('/a', HOST)));
  t.ok(answers.every(({ status }) => status === 200));
  t.equal(origin.requests.length, 1);
  t.equal(sidecars.length, 1);
});
