import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import type { Coding } from '../../src/policy/content-coding.ts';
import type { CodedForm, StoredResponse } from '../../src/policy/stored-response.ts';
import { type CodedMemoryOptions, createCodedMemory } from '../../src/store/coded-memory.ts';
import { encode } from '../../src/store/encoder.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { eventually } from '../fixtures/eventually.ts';
import { NOW, storedResponse } from './stored-samples.ts';

const LATER = NOW + 60_000;
/** In memory of its own, as recorded bodies are, so that the tier keeps this very one. */
const BODY = Buffer.allocUnsafeSlow(4_600).fill('{"id":1,"name":"chair"}');

/** An encoder whose every call waits to be let go; what it makes is `size` bytes long. */
function heldEncoder(size = 100) {
  const calls: { coding: Coding; body: Uint8Array; done: () => void; fail: () => void }[] = [];
  const held = (coding: Coding, body: Uint8Array) =>
    new Promise<Uint8Array>((resolve, reject) => {
      const done = () => resolve(Buffer.alloc(size, coding));
      calls.push({ coding, body, done, fail: () => reject(new Error('no memory')) });
    });
  return { calls, encode: held };
}

function coded(over: Partial<CodedMemoryOptions> = {}, limit = 1024 * 1024) {
  const tier = createMemoryTier({ limit });
  const made = createCodedMemory(tier, { codingsFor: () => ['br', 'gzip'], encode, ...over });
  const formsOf = (key: string): readonly CodedForm[] => {
    const stored = tier.glance(key) as StoredResponse | undefined;
    return stored?.coded?.of === stored ? (stored?.coded?.forms ?? []) : [];
  };
  return { ...made, tier, formsOf };
}

const sample = (over: Partial<StoredResponse> = {}) => storedResponse({ body: BODY, ...over });

t.test('what is put gets its forms, each with memory of its own, and is counted with them', async (t) => {
  const { memory, tier, formsOf, counts } = coded();
  memory.put('k', sample(), LATER);
  const before = tier.stats();
  await eventually(() => formsOf('k').length === 2);
  const [br, gzip] = formsOf('k');
  t.same([br?.coding, gzip?.coding], ['br', 'gzip']);
  t.same(brotliDecompressSync(br?.body ?? ''), BODY);
  t.same(gunzipSync(gzip?.body ?? ''), BODY);
  const bytes = [br, gzip].map((form) => form?.body.buffer.byteLength ?? 0);
  t.same(bytes, [br?.body.byteLength, gzip?.body.byteLength], 'no slice of a larger buffer');
  const [one = 0, other = 0] = bytes;
  const after = tier.stats();
  t.ok(after.bytes >= before.bytes + one + other, 'counted');
  t.same({ ...after, bytes: 0 }, { ...before, bytes: 0 }, 'as part of what is held');
  t.equal(counts.made, 2);
  memory.delete('k');
  t.equal(tier.stats().bytes, 0, 'and gone with it');
});

t.test('whatever the body: decoded, it is the identity', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.nat(3), async (bytes, times) => {
      const body = Buffer.concat(Array.from({ length: times + 1 }, () => bytes));
      const [br, gzip] = await Promise.all([encode('br', body), encode('gzip', body)]);
      return brotliDecompressSync(br).equals(body) && gunzipSync(gzip).equals(body);
    }),
    { numRuns: 60 },
  );
  const zlib = await import('node:zlib');
  if (!('zstdCompress' in zlib)) await t.rejects(encode('zstd', BODY), /no zstd/);
});

t.test('a 304 puts the same body again: what was made of it is taken over', async (t) => {
  const { memory, tier, formsOf } = coded();
  memory.put('k', sample(), LATER);
  await eventually(() => formsOf('k').length === 2);
  const { bytes } = tier.stats();
  const [before] = formsOf('k');
  memory.put('k', sample({ lifetime: 120_000 }), LATER);
  t.equal(formsOf('k')[0]?.body, before?.body, 'at once');
  t.equal(tier.stats().bytes, bytes);
  memory.put('k', sample({ body: Buffer.from(BODY) }), LATER);
  t.same(formsOf('k'), [], 'equal bytes are not the same body');
});

t.test('what was replaced, deleted or evicted meanwhile gets nothing', async (t) => {
  const held = heldEncoder();
  const { memory, formsOf, counts, tier } = coded({ encode: held.encode, codingsFor: () => ['br'] });
  memory.put('replaced', sample(), LATER);
  memory.put('deleted', sample(), LATER);
  await eventually(() => held.calls.length === 2);
  const other = sample({ body: Buffer.allocUnsafeSlow(BODY.byteLength).fill('x') });
  memory.put('replaced', other, LATER);
  memory.delete('deleted');
  for (const { done } of held.calls) done();
  await eventually(() => counts.discarded === 2);
  t.same(formsOf('replaced'), []);
  t.equal(tier.glance('deleted'), undefined);
  await eventually(() => held.calls.length === 3);
  t.ok(held.calls[2]?.body === other.body, 'the new body in its turn');
  held.calls[2]?.done();
  await eventually(() => formsOf('replaced').length === 1);
});

t.test('freshened meanwhile: the body is the same', async (t) => {
  const held = heldEncoder();
  const { memory, formsOf, tier } = coded({ encode: held.encode, codingsFor: () => ['br'] });
  memory.put('k', sample(), LATER);
  await eventually(() => held.calls.length === 1);
  memory.put('k', sample({ lifetime: 120_000 }), LATER);
  held.calls[0]?.done();
  await eventually(() => formsOf('k').length === 1);
  t.equal((tier.glance('k') as StoredResponse).lifetime, 120_000);
});

t.test('no longer to be coded when it is ready', async (t) => {
  const held = heldEncoder();
  let codings: Coding[] = ['br'];
  const { memory, formsOf, counts } = coded({ encode: held.encode, codingsFor: () => codings });
  memory.put('k', sample(), LATER);
  await eventually(() => held.calls.length === 1);
  codings = [];
  held.calls[0]?.done();
  await eventually(() => counts.discarded === 1);
  t.same(formsOf('k'), []);
});

t.test('what was not to be coded, and is once it was freshened', async (t) => {
  const { memory, offer, formsOf } = coded({
    codingsFor: ({ lifetime }) => (lifetime > 60_000 ? ['br'] : []),
  });
  memory.put('k', sample(), LATER);
  offer('k');
  memory.put('k', sample({ lifetime: 120_000 }), LATER);
  await eventually(() => formsOf('k').length === 1);
  t.equal(formsOf('k')[0]?.coding, 'br');
});

t.test('two at once, so many waiting, and what was dropped is taken at its next hit', async (t) => {
  const held = heldEncoder();
  const { memory, offer, formsOf, counts } = coded({
    encode: held.encode,
    codingsFor: () => ['br'],
    queue: 3,
  });
  for (const key of ['a', 'b', 'c', 'd', 'e']) memory.put(key, sample(), LATER);
  t.equal(counts.dropped, 2, 'd and e');
  await eventually(() => held.calls.length === 2);
  await new Promise(setImmediate);
  t.equal(held.calls.length, 2);
  offer('e');
  for (let i = 0; i < 4; i++) {
    await eventually(() => held.calls.length > i);
    held.calls[i]?.done();
  }
  await eventually(() => formsOf('e').length === 1);
  t.same(formsOf('d'), []);
  for (const key of ['a', 'b', 'c', 'e']) offer(key);
  await new Promise(setImmediate);
  t.equal(held.calls.length, 4, 'what was tried is not tried again');
});

t.test('an encoder that fails costs nothing but its form, and is not tried again', async (t) => {
  const held = heldEncoder();
  const told: unknown[] = [];
  const { memory, offer, formsOf, counts, tier } = coded({
    encode: held.encode,
    onFailure: (error) => told.push(error),
  });
  memory.put('k', sample(), LATER);
  await eventually(() => held.calls.length === 1);
  held.calls[0]?.fail();
  await eventually(() => held.calls.length === 2);
  held.calls[1]?.done();
  await eventually(() => formsOf('k').length === 1);
  t.equal(formsOf('k')[0]?.coding, 'gzip');
  t.equal(counts.failed, 1);
  t.match(told, [/no memory/]);
  t.same((tier.glance('k') as StoredResponse).body, BODY);
  offer('k');
  await new Promise(setImmediate);
  t.equal(held.calls.length, 2);
});

t.test('a form that saves too little is none', async (t) => {
  const { memory, tier, offer, counts } = coded();
  memory.put('k', sample({ body: randomBytes(4_000) }), LATER);
  await eventually(() => counts.useless === 2);
  const { bytes } = tier.stats();
  offer('k');
  await new Promise(setImmediate);
  t.equal(counts.useless, 2, 'and is not tried again');
  t.equal(tier.stats().bytes, bytes);
});

t.test('a tenth less is worth it', async (t) => {
  for (const [size, made] of [
    [BODY.length * 0.9, 1],
    [BODY.length * 0.9 + 1, 0],
  ] as const) {
    const { memory, counts } = coded({ codingsFor: () => ['br'], encode: async () => Buffer.alloc(size) });
    memory.put('k', sample(), LATER);
    await eventually(() => counts.made + counts.useless === 1);
    t.equal(counts.made, made, `${size}`);
  }
});

t.test('too large with its forms: it is kept without', async (t) => {
  const held = heldEncoder(3_000);
  const { memory, tier, formsOf, counts, offer } = coded(
    { encode: held.encode, codingsFor: () => ['br'] },
    32 * 1024,
  );
  memory.put('k', sample(), LATER);
  const before = tier.stats();
  await eventually(() => held.calls.length === 1);
  held.calls[0]?.done();
  await eventually(() => counts.discarded === 1);
  t.same(formsOf('k'), []);
  t.same(tier.stats(), before);
  offer('k');
  await new Promise(setImmediate);
  t.equal(held.calls.length, 1, 'and not tried again');
});

t.test('what took the place of a stored response gets nothing that was made of that', async (t) => {
  const { tier, formsOf } = coded({ codingsFor: () => [] });
  tier.put('k', sample(), LATER);
  const before = tier.glance('k') as StoredResponse;
  tier.put('k', sample(), LATER);
  const { bytes } = tier.stats();
  t.equal(tier.attach('k', before, [{ coding: 'br', body: Buffer.alloc(10) }]), false);
  t.equal(tier.attach('absent', before, []), false);
  t.same([formsOf('k'), tier.stats().bytes], [[], bytes]);
});

t.test('forms evict as bodies do', async (t) => {
  const { memory, tier, counts } = coded({}, 64 * 1024);
  for (let i = 0; i < 40; i++) {
    memory.put(`k${i}`, sample({ body: Buffer.from(BODY) }), LATER);
    await eventually(() => counts.made >= 2 * (i + 1));
    t.ok(tier.stats().bytes <= 64 * 1024);
  }
  t.ok(tier.stats().evictions > 0);
  let left = 0;
  for (const key of [...tier.keys()]) left += tier.delete(key) ? 1 : 0;
  t.ok(left > 0);
  t.equal(tier.stats().bytes, 0, 'and nothing is counted that is gone');
  t.equal(tier.stats().responses, 0);
});

t.test('nothing is begun once it has stopped, nor for what is not to be coded', async (t) => {
  const held = heldEncoder();
  const { memory, stop, offer } = coded({ encode: held.encode });
  memory.put('a', sample(), LATER);
  stop();
  offer('a');
  memory.put('b', sample(), LATER);
  const none = coded({ encode: held.encode, codingsFor: () => [] });
  none.memory.put('c', sample(), LATER);
  none.offer('c');
  none.offer('absent');
  const off = coded({ encode: held.encode, isWanted: () => false });
  off.memory.put('d', sample(), LATER);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.equal(held.calls.length, 0);
});
