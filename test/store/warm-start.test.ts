import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { type StoredResponse, searchRecordKey } from '../../src/policy/stored-response.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { variantStorageKey } from '../../src/store/lookup.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { rememberMostUsed } from '../../src/store/most-used.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { createRedisTier } from '../../src/store/redis-tier.ts';
import { createTieredStore } from '../../src/store/tiered-store.ts';
import { noProgress, type WarmMemoryOptions, warmMemory } from '../../src/store/warm-start.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { requestWith, searchFor, storedResponse } from './stored-samples.ts';

const server = await startRedis();
t.teardown(() => server.stop());

const digest = (secret: string) => secret;
const keyOf = (name: string | number) => `http://shop.test/${name}`;
let namespaces = 0;

/** A replica with an empty memory; those of one namespace share Redis and what is used most. */
async function replica(t: Test, namespace = `warm${++namespaces}`, limit = 10_000_000) {
  const redis = connectRedis({ url: server.url, connectTimeout: 1_000, commandTimeout: 300 }, 'tier');
  const shared = { redis, namespace };
  const remote = createRedisTier({
    ...shared,
    maxValue: 1_000_000,
    maxInFlight: 1_000,
    commandTimeout: 1_000,
    clock: systemClock,
  });
  await remote.connect(2_000);
  const isReady = () => remote.state === 'ready';
  const mostUsed = rememberMostUsed({ ...shared, bound: 4_000, isReady });
  t.teardown(async () => {
    await mostUsed.close();
    await remote.close();
  });
  const memory = createMemoryTier({ limit });
  const store = createTieredStore({ memory, remote, remoteTrusted: () => true, digest, clock: systemClock });
  const progress = noProgress();
  const stopping = new AbortController();
  const warm = (over: Partial<WarmMemoryOptions> = {}) =>
    warmMemory({
      memory,
      remote,
      mostUsed,
      keys: 1_000,
      batch: 100,
      remoteTrusted: () => true,
      isPurged: () => false,
      isOfRule: () => true,
      clock: systemClock,
      signal: stopping.signal,
      progress,
      ...over,
    });
  /** Stores a response, and remembers the places as used that often. */
  const put = (name: string | number, over: Partial<StoredResponse> = {}, vary: string[] = []) => {
    const now = Date.now();
    const times = { requestTime: now - 5, responseTime: now, heard: -1 };
    const stored = storedResponse({ key: keyOf(name), url: keyOf(name), ...times, ...over });
    store.put(stored, vary);
    return stored;
  };
  const use = async (uses: Readonly<Record<string, number>>) => {
    for (const [place, times] of Object.entries(uses)) for (let i = 0; i < times; i++) mostUsed.sample(place);
    await remote.written();
    await mostUsed.report();
  };
  const held = () => [...memory.keys()].sort();
  return { namespace, memory, remote, store, mostUsed, progress, stopping, warm, put, use, held };
}

/** A replica that has left `count` responses behind, the first one used most; and one that starts. */
async function restarted(t: Test, count: number, over: Partial<StoredResponse> = {}, limit?: number) {
  const before = await replica(t);
  const uses: Record<string, number> = {};
  for (let rank = 1; rank <= count; rank++) {
    before.put(rank, over);
    uses[keyOf(rank)] = count + 1 - rank;
  }
  await before.use(uses);
  return { before, after: await replica(t, before.namespace, limit) };
}

t.test('what was used most is fetched, most used first, as it was stored', async (t) => {
  const { before, after } = await restarted(t, 150);
  t.equal(await after.warm({ keys: 120 }), 'keys');
  t.match(after.progress, { fetched: 120, absent: 0, purged: 0, useless: 0, failed: 0 });
  t.equal(after.progress.bytes, after.memory.stats().bytes);
  t.ok(after.memory.glance(keyOf(1)) && after.memory.glance(keyOf(120)));
  t.equal(after.memory.glance(keyOf(121)), undefined);
  const { prepared, ...stored } = before.memory.glance(keyOf(7)) as StoredResponse;
  t.strictSame(after.memory.glance(keyOf(7)), stored, 'its times are absolute, its `heard` that of Redis');
  const all = await replica(t, before.namespace);
  t.equal(await all.warm(), 'all');
  t.equal(all.progress.fetched, 150);
});

t.test('what is of no use is not taken', async (t) => {
  const before = await replica(t);
  const now = Date.now();
  for (const name of ['good', 'soft', 'purged', 'gone']) before.put(name);
  before.put('changed', { rule: 'old' });
  // In Redis for as long as it is of use; read by a clock that is ahead.
  before.put('late', { lifetime: 3_000, fields: [], staleIfError: 0, staleWhileRevalidate: 0 });
  before.put('purged-variant', { variant: 'accept 1:a' }, ['accept']);
  const names = ['good', 'soft', 'purged', 'gone', 'changed', 'late', 'purged-variant'];
  await before.use(Object.fromEntries(names.map((name) => [keyOf(name), 1])));
  before.remote.delete(keyOf('gone'));
  await before.remote.written();
  const after = await replica(t, before.namespace);
  const clock = { ...systemClock, now: () => now + 10_000 };
  const isPurged = ({ url }: { url: string }) => url.includes('purged');
  t.equal(await after.warm({ clock, isPurged, isOfRule: (rule) => rule !== 'old' }), 'all');
  t.strictSame(after.held(), [keyOf('good'), keyOf('soft')]);
  t.match(after.progress, { fetched: 2, absent: 1, purged: 2, useless: 2, failed: 0 });
});

t.test('what memory has by then stays', async (t) => {
  const { after } = await restarted(t, 3);
  after.put(2, { body: Buffer.from('mine') });
  const remote = {
    ...after.remote,
    get state() {
      return after.remote.state;
    },
    async findMany(keys: readonly string[]) {
      t.notOk(keys.includes(keyOf(2)), 'not even asked for');
      const answers = await after.remote.findMany(keys);
      // While they were under way, a client's request was answered by the upstream.
      after.put(3, { body: Buffer.from('newer') });
      return answers;
    },
  };
  t.equal(await after.warm({ remote }), 'all');
  t.match(after.memory.glance(keyOf(2)), { body: Buffer.from('mine') });
  t.match(after.memory.glance(keyOf(3)), { body: Buffer.from('newer') });
  t.equal(after.progress.fetched, 1);
});

t.test('a response comes with the records that lead to it', async (t) => {
  const before = await replica(t);
  const request = requestWith('Accept', 'text/html');
  const variant = variantKey(['accept'], request.fields, digest);
  before.put('varied', { variant }, ['accept']);
  before.put('orphan', { variant }, ['accept']);
  const search = searchFor('params=("utm")', 'utm=1&id=2');
  before.put('searched?utm=1&id=2', { search });
  const places = {
    varied: variantStorageKey(keyOf('varied'), variant),
    orphan: variantStorageKey(keyOf('orphan'), variant),
    searched: [...before.memory.keys()].find((place) => place.includes('searched') && place.endsWith(search)),
  };
  t.ok(places.searched);
  // The records themselves are not among the most used.
  await before.use({ [places.varied]: 2, [places.orphan]: 2, [String(places.searched)]: 2 });
  before.remote.delete(keyOf('orphan'));
  await before.remote.written();
  const after = await replica(t, before.namespace);
  t.equal(await after.warm(), 'all');
  t.match(after.progress, { fetched: 2, absent: 2 });
  t.equal(after.store.peek(keyOf('varied'), request).kind, 'found');
  t.equal(after.store.peek(keyOf('searched?id=2&utm=77'), request, true).kind, 'found');
  t.ok(after.memory.glance(searchRecordKey(keyOf('searched?id=2'))));
  t.equal(after.memory.glance(places.orphan), undefined, 'nothing leads there');
});

t.test('memory is not filled so far that it evicts', async (t) => {
  const body = Buffer.alloc(4_000);
  const { after } = await restarted(t, 60, { body }, 100_000);
  t.equal(await after.warm(), 'memory');
  const { bytes, evictions } = after.memory.stats();
  t.ok(bytes > 80_000 && bytes <= 90_000, `${bytes} bytes`);
  t.equal(evictions, 0);
  t.ok(after.memory.glance(keyOf(1)), 'the most used one is there');
});

t.test('few at a time where they are large', async (t) => {
  const { after } = await restarted(t, 30, { body: Buffer.alloc(380_000) }, 100_000_000);
  const batches: number[] = [];
  const remote = {
    ...after.remote,
    get state() {
      return after.remote.state;
    },
    findMany(keys: readonly string[]) {
      batches.push(keys.length);
      return after.remote.findMany(keys);
    },
  };
  t.equal(await after.warm({ remote }), 'all');
  t.equal(after.progress.fetched, 30);
  t.strictSame(batches, [10, 5, 5, 5, 5]);
});

t.test('it ends when it is stopped, and takes nothing after', async (t) => {
  const { after } = await restarted(t, 50);
  const remote = {
    ...after.remote,
    get state() {
      return after.remote.state;
    },
    findMany(keys: readonly string[]) {
      if (after.progress.fetched > 0) after.stopping.abort();
      return after.remote.findMany(keys);
    },
  };
  t.equal(await after.warm({ remote }), 'stopped');
  t.equal(after.memory.stats().responses, 10);
});

t.test('it ends when Redis cannot be read any more', async (t) => {
  const { after } = await restarted(t, 50);
  let looks = 0;
  t.equal(await after.warm({ remoteTrusted: () => ++looks < 4 }), 'redis');
  t.ok(after.progress.fetched < 50);

  const { after: other } = await restarted(t, 50);
  server.pause();
  const began = performance.now();
  t.equal(await other.warm(), 'redis');
  server.resume();
  t.ok(performance.now() - began < 1_500, 'within a command time-out or two');
  t.equal(other.memory.stats().responses, 0);
});

t.test('what Redis did not answer is asked for once more', async (t) => {
  const { after } = await restarted(t, 3);
  let asked = 0;
  const remote = {
    ...after.remote,
    get state() {
      return after.remote.state;
    },
    async findMany(keys: readonly string[]) {
      if (asked++ === 0) return keys.map(() => ({ kind: 'unavailable' }) as const);
      return after.remote.findMany(keys);
    },
  };
  t.equal(await after.warm({ remote }), 'all');
  t.match(after.progress, { fetched: 3, failed: 0 });
  t.equal(asked, 2);
});
