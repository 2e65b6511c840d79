import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { ExplainOrder, Explanation } from '../../src/admin/explanation.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { settled, statsOf } from '../fixtures/stats.ts';
import { fakeClock, start } from '../proxy/start.ts';

const explain = async (sidecar: Sidecar, order: ExplainOrder): Promise<Explanation> => {
  const { status, text } = await sidecar.admin('/explain', { ...order });
  if (status !== 200) throw new Error(text);
  return JSON.parse(text);
};

const hostOf = ({ url }: Sidecar) => new URL(url).host;

/** What an explanation may not change. */
async function figures(sidecar: Sidecar): Promise<unknown> {
  const { requests, memory, redis, purges, upstream } = JSON.parse((await sidecar.admin('/stats')).text);
  // What Redis says of itself is asked for at intervals.
  const { hits, misses, sets, deletes, corrupt } = redis ?? {};
  return {
    requests,
    memory,
    redis: { hits, misses, sets, deletes, corrupt },
    applied: purges.applied,
    upstream,
  };
}

const ROUTES = `
routes:
  - { name: write, match: POST /products/:id }
  - name: elsewhere
    match: /products/:id
    when: { host: other.example }
  - name: asked
    match: /products/:id
    when: { query: { full: [yes, all] }, headers: { x-token: true } }
  - name: product
    match: /products/:id
    ttl: 60s
    max-ttl: 2m
    stale-while-revalidate: 10s
    tags: ['product-{id}']
    no-vary-search: respect
    key:
      query: { exclude: [utm_*] }
      headers: [x-tenant]
      cookies: [cart]
    cookies: strip
    request-fields: { strip: [x-noise], forward: [x-vouched] }
`;

const product = (_req: IncomingMessage, res: ServerResponse) => {
  res.sendDate = false;
  res.setHeader('Cache-Control', 'max-age=3600, public, stale-if-error=30, odd=1');
  res.setHeader('Vary', 'Accept-Language');
  res.setHeader('ETag', '"1"');
  res.end('a product');
};

t.test('tells the whole story, and changes nothing', async (t) => {
  const clock = fakeClock();
  const { sidecar, ask, origin } = await start(t, ROUTES, product, { clock });
  const url = '/products/1?b=2&utm_source=x&token=verysecret';
  const headers = {
    'x-tenant': 't1',
    cookie: 'cart=verysecret; sid=other',
    'x-noise': '1',
    'x-vouched': '2',
    'x-forwarded-host': 'evil.example',
    'if-none-match': '"0"',
    connection: 'x-mine',
    'x-mine': '3',
    'accept-language': 'de',
  };
  const order = { url, host: hostOf(sidecar), headers };
  await ask(url, { headers });
  await ask(url, { headers: { ...headers, 'accept-language': 'fr' } });
  clock.advance(125);
  const asked = origin.requests.length;
  const before = await figures(sidecar);
  const told = await explain(sidecar, order);
  t.same(await figures(sidecar), before, 'nothing is counted');
  t.equal(origin.requests.length, asked, 'nothing is sent, not even the renewal');
  t.notMatch(JSON.stringify(told), 'verysecret');

  t.same(
    told.routes.map(({ name, line, mismatch }) => [
      name,
      line,
      mismatch?.part,
      mismatch?.name,
      mismatch?.expected,
      mismatch?.actual,
    ]),
    [
      ['write', 6, 'method', null, 'POST', 'GET'],
      ['elsewhere', 7, 'host', null, 'other.example', hostOf(sidecar)],
      ['asked', 10, 'query', 'full', 'yes, all', null],
      ['product', 13, undefined, undefined, undefined, undefined],
    ],
  );
  t.same(told.routes.at(-1)?.params, { id: '1' });
  const fates = Object.fromEntries(
    told.request.fields.map(({ name, fate, why }) => [name, `${fate}: ${why}`]),
  );
  t.match(fates, {
    'x-tenant': /^keyed: key.headers/,
    cookie: /^keyed: key.cookies/,
    'x-noise': 'removed: request-fields.strip',
    'x-vouched': /^forwarded: request-fields.forward/,
    'x-forwarded-host': /^changed: Cacheside sets it/,
    'if-none-match': /^changed: what is stored|^removed: the client's condition/,
    'x-mine': /^removed: it belongs to this connection/,
    'accept-language': /^forwarded: known and harmless/,
    via: /^added/,
  });
  t.match(
    told.key?.parts.map(({ part, name, value, counts, by }) => [part, name, value, counts, by].join(' ')),
    [
      'scheme  http true always',
      /^host /,
      'path  /products/1 true always',
      'query b 2 true key.query.exclude',
      'query utm_source x false key.query.exclude: utm_*',
      'query token [redacted] true key.query.exclude',
      'header x-tenant t1 true key.headers',
      /^cookie cart digest:[\w-]{22} true key.cookies/,
      /^cookie sid {2}false cookies: strip/,
    ],
  );
  t.same(told.key?.variant, { vary: ['accept-language'], values: { 'accept-language': 'de' } });
  const [memory] = told.memory;
  t.match(memory, {
    found: 'stored',
    vary: ['accept-language'],
    stored: {
      age: 125_000,
      lifetime: 120_000,
      ttl: -5_000,
      stage: 'while-revalidate',
      use: 'serve-stale',
      staleIfError: 30_000,
      tags: ['product-1'],
      etag: '"1"',
      bytes: 9,
      purged: null,
      ruleChanged: false,
    },
  });
  t.same(memory?.variants.map(({ selected }) => selected).sort(), [false, true]);
  t.match(told.prediction, {
    kind: 'served',
    renews: true,
    outcome: 'stale',
    detail: { word: 'while-revalidating', meaning: /renewed in the background/ },
  });
  t.match(
    told.summary,
    /Route product: answered with what is stored: stale.*renewed in the background, 5s past its time\./,
  );
  const words = Object.fromEntries(
    (told.upstream?.directives ?? []).map(({ text, effect, by }) => [text, `${effect} ${by}`]),
  );
  t.match(words, {
    'max-age=3600': 'limits max-ttl: 2m',
    public: 'allows null',
    'stale-if-error=30': 'allows null',
    'odd=1': 'none null',
    'Accept-Language': 'limits null',
    '"1"': 'allows null',
  });
  t.same(told.upstream?.verdict.kind, 'store');

  await sidecar.purge({ tag: 'product-1' });
  const purged = await explain(sidecar, order);
  t.match(purged.memory[0]?.stored?.purged, { kind: 'hard', selector: 'tag product-1' });
  t.match(purged.prediction, { kind: 'forwarded', detail: { word: 'purged' } });
  t.equal((await statsOf(sidecar)).requests, 2, 'requests are those of clients');
  t.match((await ask(url, { headers })).cacheStatus, /detail=purged|stored/);
});

t.test('what is asked wrongly, and by whom', async (t) => {
  const { sidecar } = await start(t, ROUTES, product);
  for (const [id, body, why] of [
    ['no URL', {}, /url.* must be a string/],
    ['an unknown member', { url: '/', header: {} }, /`headers`/],
    ['a URL without a slash', { url: 'products' }, /must begin with/],
    ['fields in a list', { url: '/', headers: [] }, /must be an object/],
    ['a field that is no text', { url: '/', headers: { a: 1 } }, /headers\.a/],
  ] as const) {
    const { status, text } = await sidecar.admin('/explain', body);
    t.equal(status, 400, id);
    t.match(text, why, id);
  }
  for (const [path, ask] of [
    ['/a%2F..%2Fb', {}],
    ['/a%00', {}],
    ['/', { method: 'TRACE' }],
    ['/', { headers: { expect: 'more' } }],
    ['/', { headers: { 'x-a': 'x'.repeat(20_000) } }],
    ['/', { headers: { host: 'a b' } }],
  ] as const) {
    const headers = 'headers' in ask ? ask.headers : {};
    const { prediction, summary } = await explain(sidecar, {
      url: path,
      headers,
      ...('method' in ask && { method: ask.method }),
    });
    const came = await sidecar.ask(path, { ...ask, alone: true });
    t.same(
      [prediction.kind, prediction.status],
      ['refused', came.status],
      `${path} ${JSON.stringify(ask).slice(0, 60)}`,
    );
    t.match(summary, /No request can be like this one/);
  }
  const { prediction } = await explain(sidecar, {
    url: '/products/1',
    headers: { connection: 'Upgrade', upgrade: 'websocket' },
  });
  t.match(prediction, { kind: 'forwarded', detail: { word: 'upgrade' }, outcome: 'pass' });
});

/** An origin that answers `/slow` when it is let. */
function holding() {
  const held: (() => void)[] = [];
  return {
    handler: (req: IncomingMessage, res: ServerResponse) => {
      res.sendDate = false;
      const answer = () => res.end('late');
      if (req.url?.startsWith('/slow')) held.push(answer);
      else if (req.url?.startsWith('/broken')) res.writeHead(500).end();
      else answer();
    },
    release: () => {
      for (const answer of held.splice(0)) answer();
    },
  };
}

const alike = async (t: Test, sidecar: Sidecar, path: string, expect: RegExp) => {
  const { prediction } = await explain(sidecar, { url: path, host: hostOf(sidecar) });
  const came = await sidecar.ask(path);
  t.same([prediction.cacheStatus, prediction.status], [came.cacheStatus, came.status], path);
  t.match(came.cacheStatus, expect, path);
  return prediction;
};

t.test('what stands between a request and the upstream', async (t) => {
  const { handler, release } = holding();
  const document = `
upstream: { url: URL, breaker: { failures: 50%, at-least: 2, open: 30s } }
routes:
  - { name: slow, match: /slow/*, ttl: 60s, concurrency: { limit: 1, queue: 1, timeout: 5s } }
  - { name: broken, match: /broken/*, ttl: 60s, stale-if-error: 1h }
  - { name: cold, match: /cold/*, ttl: 60s }
  - { name: short, match: /short/*, ttl: 1s, stale-if-error: 1h }
`;
  const clock = fakeClock();
  const origin = await startOrigin(handler);
  t.teardown(() => origin.close().catch(() => {}));
  const sidecar = await startSidecar(origin.url, document.replace('URL', `'${origin.url}'`), clock);
  t.teardown(() => sidecar.close());
  const host = hostOf(sidecar);

  const first = sidecar.ask('/slow/a');
  await origin.received(1);
  const waits = await explain(sidecar, { url: '/slow/a', host });
  t.match(waits.prediction, {
    kind: 'waits',
    waitsFor: 'flight',
    outcome: 'collapsed',
    cacheStatus: /fwd=uri-miss; collapsed/,
  });
  const turn = await explain(sidecar, { url: '/slow/b', host });
  t.match(turn.prediction, { kind: 'forwarded', waitsFor: 'turn' });
  const second = sidecar.ask('/slow/b');
  await eventually(
    async () => JSON.parse((await sidecar.admin('/stats')).text).admission.routes.slow.waiting === 1,
  );
  await alike(t, sidecar, '/slow/c', /detail="overloaded concurrency"/);
  release();
  await first;
  await eventually(() => origin.requests.length === 2);
  release();
  await second;

  for (const path of ['/broken/a', '/broken/b']) await sidecar.ask(path);
  const { breaker, probeIn } = await alike(t, sidecar, '/broken/c', /detail=breaker-open/);
  t.equal(breaker, 'open');
  t.ok(probeIn > 0);

  await sidecar.ask('/short/a');
  clock.advance(5);
  const stale = await explain(sidecar, { url: '/short/a', host });
  const cold = await explain(sidecar, { url: '/cold/b', host });
  await origin.close();
  for (const [path, { prediction }] of [
    ['/short/a', stale],
    ['/cold/b', cold],
  ] as const) {
    const came = await sidecar.ask(path);
    t.same(
      [prediction.ifUpstreamFails?.cacheStatus, prediction.ifUpstreamFails?.status],
      [came.cacheStatus, came.status],
      path,
    );
  }
  t.match(stale.prediction.ifUpstreamFails, { outcome: 'stale', cacheStatus: /if-error/ });
});

t.test('what another replica fetches is waited for', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const document = `
redis: { url: '${redis.url}', command-timeout: 1s }
routes: [{ name: all, match: /*, ttl: 60s, collapse: replicas }]
`;
  let release = () => {};
  const a = await start(t, document, (_, res) => {
    release = () => void res.end('fetched by a');
  });
  const b = await start(t, document, product);
  await settled(a.sidecar);
  await settled(b.sidecar);
  const order = { url: '/p', host: 'shop.example' };
  const first = a.ask('/p', { headers: { host: order.host } });
  await a.origin.received(1);
  const { prediction, redis: view } = await explain(b.sidecar, order);
  t.equal(view?.lock, 'held');
  t.match(prediction, { kind: 'waits', waitsFor: 'replica', outcome: 'collapsed' });
  const second = b.ask('/p', { headers: { host: order.host } });
  await eventually(async () => (await statsOf(b.sidecar)).admission.requests === 1);
  release();
  await first;
  t.match(await second, { text: 'fetched by a', cacheStatus: /collapsed/ });
});

t.test('what Redis has', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const document = `
redis: { url: '${redis.url}', command-timeout: 1s }
routes: [{ name: all, match: /*, ttl: 60s, collapse: replicas, vary: { limit: 4 } }]
`;
  const a = await start(t, document, product);
  const b = await start(t, document, product);
  await settled(a.sidecar);
  await settled(b.sidecar);
  const headers = { host: 'shop.example', 'accept-language': 'de' };
  await a.ask('/p', { headers });
  const order = { url: '/p', host: 'shop.example', headers: { 'accept-language': 'de' } };
  await eventually(async () => (await explain(b.sidecar, order)).redis?.found === 'stored');
  const before = await figures(b.sidecar);
  const told = await explain(b.sidecar, order);
  t.same(await figures(b.sidecar), before, 'nothing is promoted, nothing counted');
  t.match(told.redis, {
    state: 'ready',
    trusted: true,
    lock: 'free',
    vary: ['accept-language'],
    stored: { use: 'serve', stage: 'fresh' },
  });
  t.match(told.memory, [{ found: 'absent' }]);
  t.equal(told.upstream?.from, 'redis');
  const other = await explain(b.sidecar, { ...order, headers: { 'accept-language': 'fr' } });
  t.match(other.redis, { found: 'other-variants', stored: null });
  const came = await b.ask('/p', { headers });
  t.equal(told.prediction.cacheStatus?.replace(/ttl=\d+/, ''), came.cacheStatus.replace(/ttl=\d+/, ''));
  t.match(came.cacheStatus, /detail=redis/);
  await a.sidecar.purge({ url: '/p', soft: true });
  await eventually(async () => (await explain(b.sidecar, order)).redis?.stored?.purged?.kind === 'soft');
  t.match((await explain(b.sidecar, order)).redis?.stored?.purged, { selector: 'url /p' });
  await redis.kill();
  await eventually(async () => (await statsOf(b.sidecar)).redis.state === 'down');
  t.match((await explain(b.sidecar, order)).redis, { found: 'unavailable', state: 'down' });
});
