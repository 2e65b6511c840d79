import t from 'tap';
import { startRedis } from '../fixtures/redis-server.ts';
import type { Answer } from '../fixtures/sidecar.ts';
import { start } from './start.ts';
import { TIERS, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

const SHOWN = `routes:
  - match: "GET|HEAD|POST /*"
    ttl: 60s
    key: { query: { exclude: [utm_*] }, headers: [accept-language], cookies: [session] }
    response: { cache-status-key: true }
`;

/** Cache-Status as it stands on the wire, line by line. */
const statusLines = ({ rawHeaders }: Answer) =>
  rawHeaders.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'cache-status');

t.test('the key, where the route shows it (RFC 9211 §2.7)', async (t) => {
  for (const tiers of TIERS) {
    const { ask } = await start(t, tiersOf(tiers, redis) + SHOWN, (_req, res) => {
      res.sendDate = false;
      res.end('body');
    });
    const headers = { host: 'a.test', 'accept-language': 'de', cookie: 'session=secret' };
    const miss = await ask('/p?q="1"&utm_x=2', { headers });
    const [, key] = /; key="((?:[^"\\]|\\.)*)"/.exec(miss.cacheStatus) ?? [];
    t.match(
      key,
      /^http:\/\/a\.test\/p\?q=(?:\\"|%22)1(?:\\"|%22) accept-language=2:de cookie\.session=22:/,
      tiers,
    );
    t.notMatch(miss.cacheStatus, 'secret');
    const hit = await ask('/p?q="1"', { headers });
    t.match(hit.cacheStatus, /^cacheside; hit; ttl=(?:59|60); key="http.*"; detail=/);
    t.ok(hit.cacheStatus.includes(key ?? 'none'), 'the same');
    t.notMatch((await ask('/p', { method: 'POST', headers })).cacheStatus, 'key=', 'nothing is looked up');
  }
});

t.test('no key unless the route says so', async (t) => {
  const { ask } = await start(t, 'routes: [{ match: "/*", ttl: 60s }]\n', (_req, res) => void res.end());
  for (let i = 0; i < 2; i++) t.notMatch((await ask('/a')).cacheStatus, 'key=');
});

t.test(
  "the upstream's own Cache-Status stands before ours, as it is nearer to the origin (RFC 9211 §2)",
  async (t) => {
    const { ask } = await start(t, '', (req, res) => {
      res.setHeader('cache-status', ['Origin; hit', 'Edge; fwd=miss']).setHeader('cache-control', 'no-cache');
      res.setHeader('etag', '"1"');
      if (req.url === '/fresh') res.setHeader('cache-control', 'max-age=60');
      if (req.headers['if-none-match'] === '"1"') res.writeHead(304).end();
      else res.end();
    });
    const theirs = ['Origin; hit', 'Edge; fwd=miss'];
    for (const method of ['GET', 'POST', 'HEAD']) {
      const lines = statusLines(await ask(`/${method}`, { method }));
      t.match(lines, [...theirs, /^cacheside; fwd=/], method);
      t.equal(lines.length, 3);
    }
    t.match(statusLines(await ask('/fresh')), [...theirs, /^cacheside; fwd=uri-miss/]);
    const hit = statusLines(await ask('/fresh'));
    t.match(hit, [/^cacheside; hit/], 'of another request: not told again');
    t.equal(hit.length, 1);
    const validated = statusLines(await ask('/GET'));
    t.match(validated.at(-1), /^cacheside; fwd=stale; fwd-status=304; stored/);
    t.equal(validated.length, 1);
  },
);

t.test('fwd-status, stored, collapsed and ttl', async (t) => {
  let release = () => {};
  const { ask, origin } = await start(t, '', (_req, res) => {
    res.setHeader('cache-control', 'max-age=60');
    res.sendDate = false;
    release = () => void res.end();
  });
  const both = [ask('/a'), ask('/a')];
  await origin.received(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  release();
  const told = (await Promise.all(both)).map(({ cacheStatus }) => cacheStatus).sort();
  t.strictSame(told, [
    'cacheside; fwd=uri-miss; collapsed; ttl=60; detail=memory',
    'cacheside; fwd=uri-miss; fwd-status=200; stored; ttl=60',
  ]);
});
