import t from 'tap';
import type { KeyListing } from '../../src/admin/key-listing.ts';
import type { AdminStats } from '../../src/admin/ports.ts';
import { eventually } from '../fixtures/eventually.ts';
import { start } from '../proxy/start.ts';
import { running } from './running.ts';

const ROUTES = `
routes:
  - match: /products/*
    name: product
    ttl: 60s
    stale-while-revalidate: 60s
    tags: [products]
    key: { query: { exclude: [utm_*] } }
  - match: /*
    name: rest
`;

t.test('what is used, missed and stored', async (t) => {
  const { sidecar, ask } = await start(t, ROUTES, (req, res) => {
    res.sendDate = false;
    const { url = '' } = req;
    if (url.startsWith('/lang')) res.setHeader('vary', 'accept-language');
    if (url.startsWith('/lang')) res.setHeader('cache-control', 'max-age=60');
    if (url.startsWith('/private')) res.setHeader('cache-control', 'private');
    if (url.startsWith('/broken')) return res.destroy();
    res.statusCode = url.startsWith('/products/404') ? 404 : 200;
    res.end('body');
  });
  const own = sidecar.url;
  const keys = async (query = ''): Promise<KeyListing> => {
    const { status, text } = await sidecar.admin(`/keys${query}`);
    t.equal(status, 200, text);
    return JSON.parse(text);
  };

  const nothing = await keys('?prefix=/');
  t.match(nothing, { hottest: [], missed: [], stored: [], truncated: false });
  t.ok(Math.abs(nothing.since - Date.now()) < 60_000);

  for (const query of ['', '?utm_source=a', '?utm_source=b']) await ask(`/products/1${query}`);
  for (const language of ['de', 'en', 'de']) await ask('/lang', { headers: { 'accept-language': language } });
  for (let i = 0; i < 3; i++) await ask('/private?token=s3cret');
  await ask('/products/2?token=s3cret');
  await ask('/products/404');
  await ask('/cart', { method: 'POST', body: 'x' });
  await ask('/broken').catch(() => {});

  const { hottest, missed } = await keys();
  t.match(hottest[0], {
    key: `${own}/products/1`,
    variant: '',
    url: `${own}/products/1`,
    route: 'product',
    status: 200,
    bytes: 4,
    tags: ['products'],
  });
  const why = new Map(missed.map(({ url, ...rest }) => [url.slice(own.length), rest]));
  t.equal(missed[0]?.url, `${own}/private?token=[redacted]`);
  t.match(why.get('/private?token=[redacted]'), { route: 'rest', misses: 3, why: { 'response-private': 3 } });
  t.match(why.get('/products/1'), { route: 'product', misses: 1, why: { 'uri-miss': 1 } });
  t.match(why.get('/lang'), { misses: 2, why: { 'uri-miss': 1, 'vary-miss': 1 } });
  t.match(why.get('/cart'), { misses: 1, why: { method: 1 } });
  t.match(why.get('/broken'), { misses: 1, why: { 'upstream-error': 1 } });
  t.notMatch(JSON.stringify(await keys('?prefix=/')), 's3cret');

  const below = async (prefix: string, limit = 100) => {
    const { stored = [], truncated } = await keys(`?limit=${limit}&prefix=${encodeURIComponent(prefix)}`);
    return {
      stored,
      truncated,
      paths: stored.map(({ url, variant }) => url.slice(own.length) + variant).sort(),
    };
  };
  t.same((await below('/products/')).paths, ['/products/1', '/products/2?token=[redacted]']);
  t.same((await below(`${own}/products/1`)).paths, ['/products/1']);
  t.same((await below('http://other.example/')).paths, []);
  t.equal((await below('/lang')).paths.length, 2, 'each variant');
  const [stored] = (await below('/products/1')).stored;
  t.ok(
    stored !== undefined && stored.ttl > 50_000 && stored.ttl <= 60_000 && stored.age < 10_000,
    `${stored?.ttl}`,
  );
  t.ok((stored?.memory ?? 0) > 1_000);
  t.match(await below('/', 3), { truncated: true, stored: { length: 3 } });

  await sidecar.purge({ url: '/products/1', soft: true });
  t.match((await below('/products/1')).stored, [{ ttl: 0 }]);
  await sidecar.purge({ url: '/products/1' });
  t.same((await below('/products/1')).paths, []);
  t.match((await keys()).hottest[0], { key: `${own}/products/1`, url: null, ttl: null, tags: null });
  await sidecar.reload(ROUTES.replace('60s', '61s'));
  t.same((await below('/products/')).paths, [], 'the rule has changed');

  const { upstream } = JSON.parse((await sidecar.admin('/stats')).text) as AdminStats;
  t.match(upstream, {
    failures: { reset: 1, deadline: 0 },
    last: { failure: 'reset', why: /^The upstream closed the connection/ },
    statuses: { '2xx': 8, '4xx': 1, '5xx': 0 },
    responseTime: { count: 9 },
  });
  t.ok(Math.abs((upstream.last?.at ?? 0) - Date.now()) < 60_000);
  const { text } = await sidecar.admin('/metrics');
  t.match(text, `cacheside_upstream_responses_total{class="2xx"} ${upstream.statuses['2xx']}\n`);
  t.match(text, `cacheside_upstream_duration_seconds_count ${upstream.responseTime.count}\n`);
});

t.test('what is done in the background counts as asked of the upstream', async (t) => {
  const { sidecar, ask } = await start(t, ROUTES.replace('ttl: 60s', 'ttl: 10ms'), (_req, res) => {
    res.sendDate = false;
    res.end('body');
  });
  await ask('/products/1');
  await eventually(async () => (await ask('/products/1')).cacheStatus.includes('while-revalidating'));
  const count = async () =>
    (JSON.parse((await sidecar.admin('/stats')).text) as AdminStats).upstream.statuses['2xx'];
  await eventually(async () => (await count()) >= 2);
  t.pass('the answer to the renewal was counted');
});

t.test('without a memory tier', async (t) => {
  const { sidecar, ask } = await start(t, `memory: off\n${ROUTES}`, (_req, res) => void res.end('body'));
  await ask('/products/1');
  const listing = JSON.parse((await sidecar.admin('/keys?prefix=/products')).text);
  t.match(listing, { hottest: [], stored: [], truncated: false, missed: [{ misses: 1 }] });
});

t.test('mistakes', async (t) => {
  const { call } = await running(t);
  const table: readonly (readonly [query: string, detail: RegExp])[] = [
    ['limit=0', /"limit" must be a whole number from 1 to 1,000/],
    ['limit=1001', /"limit"/],
    ['limit=ten', /"limit"/],
    ['limit=1&limit=2', /twice/],
    ['prefix=', /"prefix" is empty/],
    ['prefix=products', /must begin with \//],
    ['prefix=/a%20b', /not a target/],
    ['prefix=http://a@b/', /no valid host/],
    ['since=1', /takes "limit", "prefix"/],
  ];
  for (const [query, detail] of table)
    t.match(
      await call('GET', `/keys?${query}`, { token: 'read-me' }),
      { status: 400, json: { detail } },
      query,
    );
  t.equal((await call('GET', '/keys')).status, 401);
  t.equal((await call('GET', '/keys', { token: 'read-me' })).status, 200);
});
