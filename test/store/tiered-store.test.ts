import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { createRedisTier } from '../../src/store/redis-tier.ts';
import { keepUntil, VALIDATION_WINDOW } from '../../src/store/retention.ts';
import { createTieredStore } from '../../src/store/tiered-store.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { NOW, requestWith, storedResponse } from './stored-samples.ts';

const server = await startRedis();
t.teardown(() => server.stop());

const KEY = 'resource';
const ACCEPT = ['accept'];
const VARY_MISS = { kind: 'vary-miss', record: { vary: ACCEPT } };
const json = requestWith('Accept', 'application/json');
const html = requestWith('Accept', 'text/html');

/** A response just fetched, of the variant that `request` selects. */
function fetched(over: Partial<StoredResponse> = {}): StoredResponse {
  const now = Date.now();
  return storedResponse({ key: KEY, requestTime: now - 5, responseTime: now, heard: -1, ...over });
}
function variantFor(request: typeof json, over: Partial<StoredResponse> = {}): StoredResponse {
  return fetched({ variant: variantKey(ACCEPT, request.fields, (secret) => `#${secret}`), ...over });
}

let namespaces = 0;

/** Two sidecars that share Redis and nothing else. */
async function setUp(t: Test) {
  const namespace = `n${++namespaces}`;
  let trusted = true;
  const sidecar = async (withMemory = true) => {
    const remote = createRedisTier({
      redis: connectRedis({ url: server.url, connectTimeout: 1_000, commandTimeout: 1_000 }, 'tier'),
      namespace,
      maxValue: 1_000_000,
      maxInFlight: 1_000,
      commandTimeout: 1_000,
      clock: systemClock,
    });
    t.teardown(() => remote.close());
    await remote.connect(2_000);
    const memory = withMemory ? createMemoryTier({ limit: 1_000_000 }) : undefined;
    const store = createTieredStore({
      memory,
      remote,
      remoteTrusted: () => trusted,
      digest: (secret) => `#${secret}`,
      clock: systemClock,
    });
    /** Until Redis has what was put. */
    const settled = (sets: number) => eventually(() => remote.stats().sets >= sets);
    return { store, memory, remote, settled };
  };
  const distrust = () => {
    trusted = false;
  };
  return { a: await sidecar(), b: await sidecar(), bare: await sidecar(false), distrust };
}

t.test('without Vary', async (t) => {
  const { a, b } = await setUp(t);
  t.strictSame(a.store.peek(KEY, json), { kind: 'uri-miss' });
  t.strictSame(await a.store.find(KEY, json), { kind: 'uri-miss' });
  const stored = fetched();
  t.equal(a.store.put(stored, []), true);
  t.match(a.store.peek(KEY, html), { kind: 'found', stored });

  await a.settled(1);
  t.strictSame(b.store.peek(KEY, json), { kind: 'uri-miss' });
  t.strictSame(await b.store.find(KEY, json), { kind: 'found', stored });
  t.strictSame(b.store.peek(KEY, json), { kind: 'found', stored }, 'promoted, its times as they were');
});

t.test('what is promoted is what memory has, and keeps no read buffer alive', async (t) => {
  const { a, b } = await setUp(t);
  a.store.put(fetched({ body: Buffer.from('small') }), []);
  a.store.put(fetched({ key: 'large', body: Buffer.alloc(20_000) }), []);
  await a.remote.written();
  // All of it arrives in one piece.
  const [one, two] = await Promise.all([KEY, KEY, 'large'].map((key) => b.store.find(key, json)));
  const peeked = b.store.peek(KEY, json);
  if (one?.kind !== 'found' || two?.kind !== 'found' || peeked.kind !== 'found') return t.fail('not found');
  t.equal(one.stored, peeked.stored, 'what is prepared at this use is there at the next');
  t.equal(two.stored, peeked.stored);
  t.equal(peeked.stored.body.buffer.byteLength, 5);
});

t.test('variants', async (t) => {
  const { a, b, bare } = await setUp(t);
  const one = variantFor(json, { body: Buffer.from('json') });
  a.store.put(one, ACCEPT);
  t.match(a.store.peek(KEY, json), { kind: 'found', stored: { body: one.body } });
  t.match(a.store.peek(KEY, html), VARY_MISS);
  const two = variantFor(html, { body: Buffer.from('html') });
  a.store.put(two, ACCEPT);
  t.match(a.store.peek(KEY, json), { kind: 'found', stored: { body: one.body } });
  t.match(a.store.peek(KEY, html), { kind: 'found', stored: { body: two.body } });

  await a.settled(4);
  t.match(await b.store.find(KEY, json), { kind: 'found', stored: one, record: { vary: ACCEPT } });
  t.match(b.store.peek(KEY, html), VARY_MISS, 'the record was promoted too');
  const before = b.remote.stats().hits;
  t.match(await b.store.find(KEY, html), { kind: 'found', stored: two, record: { vary: ACCEPT } });
  t.equal(b.remote.stats().hits, before + 1, 'one trip where the record is known');
  t.match(await b.store.find(KEY, requestWith()), VARY_MISS);

  t.match(await bare.store.find(KEY, html), { kind: 'found', stored: two }, 'Redis alone');
  t.strictSame(bare.store.peek(KEY, html), { kind: 'uri-miss' });
  t.match(await bare.store.find(KEY, requestWith()), VARY_MISS);
});

t.test('a response without Vary replaces the record, and the other way round', async (t) => {
  const { a, b } = await setUp(t);
  a.store.put(variantFor(json), ACCEPT);
  const plain = fetched({ body: Buffer.from('plain') });
  a.store.put(plain, []);
  t.match(a.store.peek(KEY, html), { kind: 'found', stored: { body: plain.body } });
  await a.settled(3);
  t.strictSame(await b.store.find(KEY, html), { kind: 'found', stored: plain });
  a.store.put(variantFor(json), ACCEPT);
  t.match(a.store.peek(KEY, html), VARY_MISS);
});

t.test('one too large for memory replaces the record there all the same', async (t) => {
  const { a } = await setUp(t);
  a.store.put(variantFor(json), ACCEPT);
  const large = fetched({ body: Buffer.alloc(500_000) });
  t.equal(a.store.put(large, []), true, 'Redis took it');
  t.strictSame(a.store.peek(KEY, json), { kind: 'uri-miss' });
  await a.settled(3);
  t.match(await a.store.find(KEY, json), { kind: 'found', stored: { status: 200 } });
  t.equal(a.store.put(fetched({ body: Buffer.alloc(1_500_000) }), []), false, 'too large for both');
});

t.test('promotion never puts an older response over a newer one', async (t) => {
  const { a, b } = await setUp(t);
  const older = fetched();
  a.store.put(older, []);
  await a.settled(1);

  const cases = [
    {
      id: 'later in the purge log, its clock behind',
      given: { asOf: 8, responseTime: 1_000 },
      expect: 'memory',
    },
    { id: 'fetched later', given: { asOf: 7, responseTime: older.responseTime + 1 }, expect: 'memory' },
    { id: 'earlier in the purge log, its clock ahead', given: { asOf: 6 }, expect: 'redis' },
  ] as const;
  for (const { id, given, expect } of cases) {
    b.memory?.put(
      KEY,
      { ...older, status: 203, responseTime: older.responseTime + 9, ...given },
      Date.now() + 1_000,
    );
    const status = expect === 'memory' ? 203 : 200;
    t.match(await b.store.find(KEY, json), { kind: 'found', stored: { status } }, id);
    t.match(b.store.peek(KEY, json), { kind: 'found', stored: { status } }, id);
  }

  const finding = b.store.find(KEY, json);
  const meanwhile = fetched({ status: 203, asOf: 1 });
  b.store.put(meanwhile, []);
  t.match(await finding, { kind: 'found', stored: { status: 203 } }, 'stored while Redis was asked');
  t.match(b.store.peek(KEY, json), { kind: 'found', stored: { status: 203 } });
});

t.test('remove takes this response from both tiers, and no newer one', async (t) => {
  const { a, bare } = await setUp(t);
  const stored = variantFor(json);
  a.store.put(stored, ACCEPT);
  a.store.put(variantFor(html), ACCEPT);
  await a.settled(4);
  a.store.remove(stored);
  t.match(a.store.peek(KEY, json), VARY_MISS);
  await eventually(() => a.remote.stats().deletes === 1);
  t.match(await bare.store.find(KEY, json), VARY_MISS);
  t.match(await bare.store.find(KEY, html), { kind: 'found' });

  a.store.put(variantFor(json, { asOf: 8 }), ACCEPT);
  a.store.remove(stored);
  t.match(a.store.peek(KEY, json), { kind: 'found' });
});

t.test('a record tells of the variant stored last, and how long any is of use', async (t) => {
  const { a, b } = await setUp(t);
  const long = variantFor(json, { asOf: 3, lifetime: 90_000 });
  const last = variantFor(html, { asOf: 4, tags: ['last'], heard: 6 });
  a.store.put(long, ACCEPT);
  a.store.put(last, ACCEPT);
  const { url, route } = last;
  const record = { until: keepUntil(long), url, route, tags: ['last'], asOf: 4 };
  const missed = a.store.peek(KEY, requestWith());
  t.match(missed, { kind: 'vary-miss', record: { ...record, heard: 6 } });
  await a.settled(4);
  const found = await b.store.find(KEY, requestWith());
  t.match(found, { kind: 'vary-miss', record: { ...record, heard: -1 } });

  if (missed.kind !== 'vary-miss' || found.kind !== 'vary-miss') return t.fail('no record');
  a.store.forget(KEY, found.record);
  t.match(a.store.peek(KEY, json), { kind: 'found' }, 'another record stays');
  a.store.forget(KEY, missed.record);
  t.strictSame(a.store.peek(KEY, json), { kind: 'uri-miss' });
  t.match(await a.store.find(KEY, json), { kind: 'found' }, 'Redis keeps its own');
});

t.test('an untrusted Redis is neither read nor written', async (t) => {
  const { a, bare, distrust } = await setUp(t);
  a.store.put(fetched(), []);
  await a.settled(1);
  distrust();
  t.strictSame(await a.store.find(KEY, json), { kind: 'unavailable' });
  t.equal(a.store.put(fetched({ key: 'other' }), []), true, 'memory is');
  t.equal(bare.store.put(fetched({ key: 'other' }), []), false);
  t.equal(a.remote.stats().sets, 1);
});

t.test('no Redis at all', async (t) => {
  const memory = createMemoryTier({ limit: 1_000_000 });
  const store = createTieredStore({
    memory,
    remote: undefined,
    remoteTrusted: () => true,
    digest: (secret) => secret,
    clock: systemClock,
  });
  t.strictSame(await store.find(KEY, json), { kind: 'unavailable' });
  t.equal(store.put(variantFor(json), ACCEPT), true);
  t.match(store.peek(KEY, json), { kind: 'found' });
  const record = memory.glance(KEY);
  t.ok(
    record && 'expires' in record && record.expires >= keepUntil(variantFor(json)),
    'the record lives longer',
  );
});

t.test('how long a response is kept', async (t) => {
  const base = { responseTime: NOW, initialAge: 10_000, lifetime: 60_000, staleWhileRevalidate: 5_000 };
  const cases = [
    { id: 'fresh and stale windows', given: { fields: [], staleIfError: 0 }, expect: NOW + 55_000 },
    { id: 'the longest window', given: { fields: [], staleIfError: 90_000 }, expect: NOW + 140_000 },
    { id: 'an ETag', given: { fields: ['ETag', '"1"'] }, expect: NOW + 50_000 + VALIDATION_WINDOW },
    {
      id: 'Last-Modified',
      given: { fields: ['last-modified', 'Sun, 22 Nov 2026 00:00:00 GMT'] },
      expect: NOW + 50_000 + VALIDATION_WINDOW,
    },
  ];
  for (const { id, given, expect } of cases)
    t.equal(keepUntil(storedResponse({ ...base, ...given })), expect, id);
});

t.test('what took longer does not replace what was asked for later', async (t) => {
  const { a } = await setUp(t);
  const now = Date.now();
  for (const { id, requestTime, expect } of [
    { id: 'later', requestTime: now - 10, expect: 'there' },
    { id: 'earlier', requestTime: now - 1_000, expect: 'put' },
    { id: 'still to come, by the clock of another replica', requestTime: now + 60_000, expect: 'put' },
  ]) {
    const there = fetched({ key: id, requestTime, url: 'there' });
    a.store.put(there, []);
    t.equal(a.store.put(fetched({ key: id, requestTime: now - 500, url: 'put' }), []), true);
    t.match(a.store.peek(id, json), { kind: 'found', stored: { url: expect } }, id);
  }
});

t.test('removed from memory alone', async (t) => {
  const { a, b } = await setUp(t);
  const stored = fetched();
  a.store.put(stored, []);
  await a.settled(1);
  a.store.remove(stored, 'memory');
  t.match(a.store.peek(KEY, json), { kind: 'uri-miss' });
  await new Promise(setImmediate);
  t.match(await b.store.find(KEY, json), { kind: 'found' });
});
