import t from 'tap';
import { createMissedUrls, type MissedUrl, mergeMissed, SPAN } from '../../src/observe/missed-urls.ts';
import type { Outcome } from '../../src/observe/outcome.ts';
import type { CacheStatus } from '../../src/policy/cache-status.ts';
import { stillClock } from '../fixtures/still-clock.ts';
import { finished, missed } from '../observe/finished.ts';

const clock = stillClock();

/** A miss of one path. */
const at = (path: string, given: Partial<Outcome> = {}) =>
  missed({ target: path, url: `http://shop.example${path}`, ...given });

const why = (cache: Omit<CacheStatus, 'hit'>): Pick<Outcome, 'cache'> => ({
  cache: { hit: false, ...cache },
});

t.test('what is missed, and why', async (t) => {
  const urls = createMissedUrls(clock);
  for (let i = 0; i < 3; i++) urls.observe(at('/a'));
  urls.observe(at('/a', { ...why({ fwd: 'stale', ttl: -5 }) }));
  urls.observe(at('/a', { ...why({ fwd: 'uri-miss', detail: 'response-private' }), route: 'later' }));
  clock.advance(10);
  urls.observe(at('/b', { ...why({ fwd: 'bypass', detail: 'cookie' }), url: '', scheme: 'https' }));
  urls.observe(
    at('/b', {
      ...why({ fwd: 'miss', detail: 'upstream-error' }),
      url: '',
      route: undefined,
      scheme: 'https',
    }),
  );
  const none: readonly Partial<Outcome>[] = [
    finished(),
    { ...why({ fwd: 'uri-miss', collapsed: true }), servedFrom: 'memory' },
    { ...why({ fwd: 'stale', detail: 'freshened' }), servedFrom: 'memory' },
    { ...why({ detail: 'only-if-cached' }), servedFrom: 'cacheside' },
    { ...why({ fwd: 'stale', detail: 'if-error' }), servedFrom: 'memory', trace: ['upstream-error'] },
  ];
  for (const given of none) urls.observe(at('/none', given));
  t.strictSame(urls.list(10), [
    {
      url: 'http://shop.example/a',
      route: 'later',
      misses: 5,
      why: { 'uri-miss': 3, stale: 1, 'response-private': 1 },
      at: clock.now() - 10,
    },
    {
      url: 'https://shop.example/b',
      route: null,
      misses: 2,
      why: { cookie: 1, 'upstream-error': 1 },
      at: clock.now(),
    },
  ]);
  t.equal(urls.list(1).length, 1);
});

t.test('no secret, and nothing of any length', async (t) => {
  const urls = createMissedUrls(clock);
  for (const token of ['one', 'two']) urls.observe(at(`/a?token=${token}&page=1`));
  urls.observe(at(`/long/${'x'.repeat(5_000)}`));
  const [first, second] = urls.list(10);
  t.match(first, { url: 'http://shop.example/a?token=[redacted]&page=1', misses: 2 });
  t.equal(second?.url.length, 1_025);
});

/** URLs of a crawl: `CRAWL_URLS=1000000` for the long run. */
const CRAWL = Number(process.env['CRAWL_URLS'] ?? 150_000);

t.test('a crawl pushes out nothing that is missed again and again', async (t) => {
  const urls = createMissedUrls(clock);
  // Each is missed as often, evenly, as it takes to lose it without a guard.
  const HOT = 60;
  const every = CRAWL / HOT;
  for (let i = 0; i < CRAWL; i++) {
    if (i % every < 10) urls.observe(at(`/hot/${i % every}`));
    urls.observe(at(`/crawl/${i}`));
  }
  const listed = urls.list(10_000);
  t.ok(listed.length <= 1_000, `${listed.length}`);
  const hot = listed.slice(0, 10);
  t.same(new Set(hot.map(({ url }) => url.replace(/\d+$/, ''))), new Set(['http://shop.example/hot/']));
  for (const { url, misses } of hot) t.ok(misses > HOT * 0.8 && misses <= HOT, `${url}: ${misses}`);
});

t.test('where everything comes twice, what comes most is still there', async (t) => {
  const urls = createMissedUrls(clock);
  for (let i = 0; i < 60_000; i++) {
    urls.observe(at(`/crawl/${i >> 1}`));
    if (i % 200 === 0) urls.observe(at('/hot'));
  }
  const [first] = urls.list(1);
  t.equal(first?.url, 'http://shop.example/hot');
  t.ok((first?.misses ?? 0) > 200, `${first?.misses}`);
});

t.test('misses are of the last ten to twenty minutes', async (t) => {
  const urls = createMissedUrls(clock);
  const began = clock.now();
  const counted = (): [string, number][] => urls.list(10).map(({ url, misses }) => [url.slice(-2), misses]);
  urls.observe(at('/a'));
  urls.observe(at('/b'));
  clock.advance(SPAN);
  urls.observe(at('/a'));
  t.same(counted(), [
    ['/a', 2],
    ['/b', 1],
  ]);
  t.equal(urls.since, began);
  clock.advance(SPAN);
  t.same(counted(), [['/a', 1]]);
  t.equal(urls.since, began + SPAN);
  clock.advance(2 * SPAN);
  t.same(counted(), []);
  t.equal(urls.since, clock.now());
});

t.test('lists of several processes', async (t) => {
  const one = (url: string, misses: number, given: Partial<MissedUrl> = {}): MissedUrl => ({
    url,
    route: 'product',
    misses,
    why: { 'uri-miss': misses },
    at: 1,
    ...given,
  });
  t.strictSame(
    mergeMissed(
      [[one('a', 2), one('b', 3)], [one('a', 2, { at: 5, route: null, why: { stale: 1, 'uri-miss': 1 } })]],
      2,
    ),
    [one('a', 4, { why: { 'uri-miss': 3, stale: 1 }, at: 5, route: null }), one('b', 3)],
  );
});
