import { once } from 'node:events';
import t from 'tap';
import type { WarmTarget } from '../../src/admin/ports.ts';
import { finished, missed } from '../observe/finished.ts';
import { running } from './running.ts';

const token = 'purge-me';

t.test('counts what became of each path', async (t) => {
  const asked: WarmTarget[] = [];
  const answers: Record<string, () => ReturnType<typeof missed>> = {
    '/stored': () => missed(),
    '/hit': () => finished(),
    '/304': () => missed({ servedFrom: 'memory', cache: { hit: false, fwd: 'stale', fwdStatus: 304 } }),
    '/private': () =>
      missed({ cache: { hit: false, fwd: 'uri-miss', stored: false, detail: 'response-private' } }),
    '/500': () => missed({ status: 500, cache: { hit: false, fwd: 'uri-miss', detail: 'status' } }),
    '/down': () =>
      missed({
        status: 502,
        servedFrom: 'cacheside',
        cache: { hit: false, fwd: 'uri-miss', detail: 'upstream-error' },
      }),
    '/throws': () => {
      throw new Error('no such thing');
    },
  };
  const { call, log } = await running(t, {
    async warm(target) {
      asked.push(target);
      return (answers[target.target] ?? missed)();
    },
  });
  const paths = [...Object.keys(answers), 'https://Other.Example/%7ex?q=1'];
  const { status, json } = await call('POST', '/warm', {
    token,
    body: { paths, host: 'Shop.Example:80', concurrency: 1 },
  });
  t.equal(status, 200);
  t.match(json, {
    requested: 8,
    stored: 3,
    hit: 1,
    notStored: 1,
    failed: 3,
    reasons: { 'response-private': 1 },
    duration: Number,
    failures: [
      { path: '/500', why: 'the upstream answered 500' },
      { path: '/down', why: '502 upstream-error' },
      { path: '/throws', why: 'no such thing' },
    ],
  });
  t.same(asked[0], { scheme: 'http', authority: 'shop.example:80', target: '/stored' });
  t.same(asked.at(-1), { scheme: 'https', authority: 'other.example', target: '/~x?q=1' });
  t.match(
    log.find((line) => line.msg === 'warm'),
    { audit: { by: 'deploy', target: '/stored, and 7 more', result: 'done', details: { requested: 8 } } },
  );
});

t.test('at most so many at once, all of them once', async (t) => {
  let inFlight = 0;
  let most = 0;
  const seen: string[] = [];
  const { call } = await running(t, {
    async warm({ target, authority }) {
      seen.push(target);
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
      return missed({ authority: authority ?? 'none given' });
    },
  });
  const paths = Array.from({ length: 50 }, (_, i) => `/p/${i}`);
  t.equal((await call('POST', '/warm', { token, body: { paths } })).json.stored, 50);
  t.equal(most, 4, 'by default');
  t.same([...seen].sort(), [...paths].sort());
  most = 0;
  await call('POST', '/warm', { token, body: { paths, concurrency: 32 } });
  t.equal(most, 32);
});

t.test('no more than twenty failures are listed', async (t) => {
  const warm = async () => {
    throw new Error('down');
  };
  const { call } = await running(t, { warm });
  const { json } = await call('POST', '/warm', { token, body: { paths: Array(30).fill('/x') } });
  t.same([json.failed, json.failures?.length], [30, 20]);
});

t.test('stops when the caller goes away', async (t) => {
  const caller = new AbortController();
  const seen: string[] = [];
  let told: AbortSignal | undefined;
  const { call } = await running(t, {
    async warm({ target }, signal) {
      seen.push(target);
      told = signal;
      if (seen.length === 3) {
        caller.abort();
        await once(signal, 'abort');
      }
      return missed();
    },
  });
  const paths = Array.from({ length: 100 }, (_, i) => `/p/${i}`);
  await t.rejects(call('POST', '/warm', { token, body: { paths, concurrency: 1 }, signal: caller.signal }));
  if (told?.aborted === false) await once(told, 'abort');
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(seen.length, 3);
});

t.test('mistakes', async (t) => {
  const { call } = await running(t);
  const rows: readonly { id: string; given: unknown; expect: RegExp }[] = [
    { id: 'no paths', given: {}, expect: /"paths" must be a list/ },
    { id: 'empty', given: { paths: [] }, expect: /"paths" must be a list/ },
    { id: 'relative', given: { paths: ['/a', 'b'] }, expect: /"paths\[1\]" must begin/ },
    { id: 'dot segments', given: { paths: ['/a/%2e%2e/b'] }, expect: /not a target/ },
    { id: 'host', given: { paths: ['/a'], host: 'a b' }, expect: /"host" names no valid host/ },
    { id: 'concurrency 0', given: { paths: ['/a'], concurrency: 0 }, expect: /1 to 32/ },
    { id: 'concurrency 33', given: { paths: ['/a'], concurrency: 33 }, expect: /1 to 32/ },
    { id: 'concurrency 1.5', given: { paths: ['/a'], concurrency: 1.5 }, expect: /1 to 32/ },
    { id: 'unknown member', given: { path: ['/a'] }, expect: /did you mean `paths`/ },
    { id: 'too many', given: { paths: Array(10_001).fill('/') }, expect: /more than 10000/ },
  ];
  for (const { id, given, expect } of rows) {
    const { status, json } = await call('POST', '/warm', { token, body: given });
    t.equal(status, 400, id);
    t.match(json.detail ?? '', expect, id);
  }
});
