import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { isSearchRecord, type StoredResponse, searchRecordKey } from '../../src/policy/stored-response.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { createRedisTier } from '../../src/store/redis-tier.ts';
import { createTieredStore } from '../../src/store/tiered-store.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { requestWith, searchFor, storedResponse } from './stored-samples.ts';

const server = await startRedis();
t.teardown(() => server.stop());

const request = requestWith('Accept', 'text/html');
const digest = (secret: string) => secret;
const keyOf = (query: string) => `http://shop.test/p${query === '' ? '' : `?${query}`} accept=3:a?b`;

/** A response just fetched for this query, with this No-Vary-Search. */
function fetched(query: string, field?: string, over: Partial<StoredResponse> = {}): StoredResponse {
  const now = Date.now();
  const search = field === undefined ? '' : searchFor(field, query);
  const times = { requestTime: now - 5, responseTime: now, heard: -1 };
  return storedResponse({ key: keyOf(query), search, body: Buffer.from(query), ...times, ...over });
}

let namespaces = 0;

/** Two sidecars that share Redis and nothing else, and one without memory. */
async function setUp(t: Test) {
  const namespace = `search${++namespaces}`;
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
      remoteTrusted: () => true,
      digest,
      clock: systemClock,
    });
    const settled = (sets: number, deletes = 0) =>
      eventually(() => remote.stats().sets >= sets && remote.stats().deletes >= deletes);
    const asked = () => remote.stats().hits + remote.stats().misses;
    const peek = (query: string, bySearch = true) => store.peek(keyOf(query), request, bySearch);
    const find = (query: string, bySearch = true) => store.find(keyOf(query), request, bySearch);
    return { store, memory, remote, settled, asked, peek, find };
  };
  return { a: await sidecar(), b: await sidecar(), bare: await sidecar(false) };
}

t.test('stored once for all equal queries', async (t) => {
  const { a, b, bare } = await setUp(t);
  t.strictSame(a.peek('id=1'), { kind: 'uri-miss' });
  t.strictSame(await a.find('id=1'), { kind: 'uri-miss' });
  const stored = fetched('id=1&utm=1', 'params=("utm")');
  t.equal(a.store.put(stored, []), true);
  t.match(a.peek('utm=2&id=1'), { kind: 'found', stored: { body: stored.body } });
  t.match(a.peek('id=2'), { kind: 'uri-miss', resource: /./ });
  t.strictSame(a.peek('utm=2&id=1', false), { kind: 'uri-miss' }, 'where the route ignores the field');
  t.match(a.memory?.stats(), { responses: 2, hits: 1 }, 'the record is no hit');

  await a.settled(2, 1);
  t.strictSame(await b.find('utm=2&id=1', false), { kind: 'uri-miss' });
  let before = b.asked();
  t.match(await b.find('utm=3&id=1'), { kind: 'found', stored: { body: stored.body } });
  t.equal(b.asked() - before, 3, 'the key, the record, what it leads to');
  t.match(b.peek('utm=4&id=1'), { kind: 'found' }, 'both were promoted');
  before = b.asked();
  t.match(await b.find('id=3'), { kind: 'uri-miss', resource: /./ });
  t.equal(b.asked() - before, 2, 'one trip where the record is known');
  t.match(await bare.find('id=1'), { kind: 'found', stored: { body: stored.body } }, 'Redis alone');
});

t.test('what stands under a rule is not found by another', async (t) => {
  const { a, b } = await setUp(t);
  a.store.put(fetched('id=1', 'params=("utm")'), []);
  a.store.put(fetched('id=2', 'params=("utm" "x")'), []);
  t.match(a.peek('id=1'), { kind: 'uri-miss' }, 'the rule stored last is the one that is looked for');
  t.match(a.peek('id=2&x=1'), { kind: 'found' });
  a.store.put(fetched('id=3', 'params=("utm")'), []);
  t.match(
    a.peek('id=1&utm=1'),
    { kind: 'found', stored: { body: Buffer.from('id=1') } },
    'it is there still',
  );
  t.match(a.peek('id=2&x=1'), { kind: 'uri-miss' });
  await a.settled(6, 3);
  t.match(await b.find('id=1&utm=1'), { kind: 'found' });
});

t.test('nothing older is left under its own key', async (t) => {
  const { a, b } = await setUp(t);
  a.store.put(fetched('id=1', undefined, { requestTime: Date.now() - 100 }), []);
  await a.settled(1);
  const stored = fetched('id=1', 'params=("utm")', { status: 203 });
  a.store.put(stored, []);
  t.match(a.peek('id=1'), { kind: 'found', stored: { status: 203 } });
  await a.settled(3, 1);
  t.match(await b.find('id=1'), { kind: 'found', stored: { status: 203 } });

  const plain = fetched('id=1', undefined, { status: 410 });
  a.store.put(plain, []);
  t.match(a.peek('id=1'), { kind: 'found', stored: { status: 410 } }, 'the key itself is looked at first');
  t.match(a.peek('id=1&utm=1'), { kind: 'found', stored: { status: 203 } });
  a.store.put({ ...stored, requestTime: stored.requestTime - 1_000 }, []);
  t.match(a.peek('id=1'), { kind: 'found', stored: { status: 410 } }, 'what was asked for later stays');
});

t.test('with Vary', async (t) => {
  const { a, b } = await setUp(t);
  const variant = variantKey(['accept'], request.fields, digest);
  const stored = fetched('id=1', 'params=("utm")', { variant });
  a.store.put(stored, ['accept']);
  t.match(a.peek('id=1&utm=1'), { kind: 'found', record: { vary: ['accept'], search: stored.search } });
  const other = a.store.peek(keyOf('id=1'), requestWith(), true);
  t.match(other, { kind: 'vary-miss', record: { vary: ['accept'] }, resource: /id=1/ });
  await a.settled(3, 1);
  t.match(await b.find('id=1&utm=1'), { kind: 'found', stored: { body: stored.body } });
  t.match(await b.store.find(keyOf('id=1'), requestWith(), true), { kind: 'vary-miss' });
  if (other.kind === 'vary-miss') a.store.forget(other.resource, other.record);
  t.match(a.peek('id=1'), { kind: 'uri-miss' });
});

t.test('removed', async (t) => {
  const { a, b } = await setUp(t);
  const stored = fetched('id=1', 'params=("utm")');
  a.store.put(stored, []);
  await a.settled(2, 1);
  a.store.remove(stored);
  t.match(a.peek('id=1&utm=1'), { kind: 'uri-miss' });
  await a.settled(2, 2);
  t.match(await b.find('id=1&utm=1'), { kind: 'uri-miss' });
});

t.test('a record outlives what it leads to, and is read back as it was', async (t) => {
  const { a, b } = await setUp(t);
  const long = fetched('id=1', 'key-order, except=("id" "a;b")', { lifetime: 3_600_000 });
  a.store.put(long, []);
  const place = searchRecordKey(long.key);
  const expiry = () => {
    const record = a.memory?.glance(place);
    return record && 'expires' in record ? record.expires : 0;
  };
  const before = expiry();
  a.store.put(fetched('id=2', 'key-order, except=("id" "a;b")', { lifetime: 1_000 }), []);
  t.equal(expiry(), before, 'what is stored later for a shorter time does not shorten it');
  await a.settled(4, 2);
  await b.find('id=2');
  const [here, there] = [a.memory?.glance(place), b.memory?.glance(place)];
  t.ok(there && isSearchRecord(there));
  t.strictSame(there, here);
});

t.test('what is too large for both tiers leaves all as it is', async (t) => {
  const { a } = await setUp(t);
  a.store.put(fetched('id=1'), []);
  t.equal(a.store.put(fetched('id=1', 'params', { body: Buffer.alloc(1_500_000) }), []), false);
  t.match(a.peek('id=1'), { kind: 'found', stored: { search: '' } });
  t.strictSame(a.peek('id=2'), { kind: 'uri-miss' });
});
