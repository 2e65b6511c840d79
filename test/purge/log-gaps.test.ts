import t from 'tap';
import { encodeEntry } from '../../src/purge/stream-entry.ts';
import { positionOf } from '../../src/purge/stream-id.ts';
import { cutOff, KEY, startServer, startSidecar, tag } from './sidecar.ts';
import { stored } from './stored.ts';

// Each test has servers of its own, and mostly waits.
t.jobs = 4;

t.test('a log trimmed past a sidecar raises its floor', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const before = a.log.applied;
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  const inMemory = stored({ tags: ['nobody-purged-this'], heard: b.index.heardNow() });

  // b hears nothing while a's purges come and go.
  const reconnect = await cutOff(client, b, 3);
  let position = 0;
  for (let i = 0; i < 5; i++) {
    const receipt = await a.log.append([tag(`t${i}`)]);
    if (receipt.kind === 'appended') position = receipt.position;
  }
  await a.until('its own purges', () => a.log.applied >= position);
  await client.xtrim(KEY, 'MAXLEN', 1);
  await reconnect();
  await b.trusted();
  t.ok(b.log.applied >= position);
  t.equal(b.index.verdict(inMemory), 'hard', 'it may have been purged');
  t.equal(b.fromRedis('nobody-purged-this', before), 'hard');
  t.equal(b.fromRedis('nobody-purged-this', position), 'valid');
  t.equal(a.index.stats().floor, 0, 'whoever read everything loses nothing');

  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.equal(late.fromRedis('nobody-purged-this', before), 'hard', 'who starts now cannot know either');
  t.equal(late.fromRedis('nobody-purged-this', position), 'valid');
});

t.test('a log trimmed to nothing is still the same log', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const receipt = await a.log.append([tag('x')]);
  if (receipt.kind !== 'appended') return t.fail('Redis was up');
  await a.until('its own purge', () => a.log.applied === receipt.position);
  await client.xtrim(KEY, 'MAXLEN', 0);
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.ok(late.log.applied > receipt.position, 'by the entry that tells of it');
  t.equal(late.fromRedis('any', receipt.position - 1), 'hard');
  t.equal(late.fromRedis('any', late.log.applied), 'valid');
  const more = await late.log.append([tag('y')]);
  if (more.kind !== 'appended') return t.fail('Redis was up');
  // Who joins appends an entry, too, which may come with it.
  await a.until('the next purge', () => a.log.applied >= more.position);
  t.equal(a.fromRedis('y', receipt.position), 'hard');
});

t.test('a flushed log is noticed and told again', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  const receipt = await a.log.append([tag('x')]);
  if (receipt.kind !== 'appended') return t.fail('Redis was up');
  for (const each of [a, b]) await each.until('the purge', () => each.log.applied === receipt.position);
  const inMemory = stored({ tags: ['other'], heard: b.index.heardNow() });

  await client.flushall();
  for (const each of [a, b]) {
    await each.until('the flush', () => each.index.stats().floor > receipt.position);
    await each.trusted();
    t.ok(each.fromRedis('other', receipt.position) === 'hard', 'everything before counts as purged');
  }
  t.equal(b.index.verdict(inMemory), 'hard', 'in memory, too');
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.equal(late.fromRedis('x', receipt.position), 'hard', 'the purge was appended again');

  const next = await a.log.append([tag('z')]);
  if (next.kind !== 'appended') return t.fail('Redis is up');
  await b.until('the next purge', () => b.log.applied >= next.position);
});

t.test('a log that lost its end', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  await a.log.append([tag('kept')]);
  await b.until('the purge', () => b.log.applied > 1);
  const dump = await client.dumpBuffer(KEY);
  // b is away while a's next purge is taken and lost again: b's last entry is still there.
  const reconnect = await cutOff(client, b, 3);
  const inMemory = stored({ tags: ['lost'], heard: b.index.heardNow() });
  const receipt = await a.log.append([tag('lost')]);
  if (receipt.kind !== 'appended') return t.fail('Redis was up');
  await a.until('its own purge', () => a.log.applied === receipt.position);
  await client.restore(KEY, 0, dump, 'REPLACE');
  await reconnect();

  await b.until('the purge that was lost', () => b.index.verdict(inMemory) === 'hard');
  await b.trusted();
  await a.trusted();
  t.ok(a.index.stats().floor > receipt.position);
  t.equal(b.fromRedis('kept', b.log.applied), 'valid', 'what was not lost is not appended again');
});

t.test('a log flushed before it ever held a purge does not purge what is stored after', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const before = a.log.applied;
  await client.flushall();
  await a.until('the flush', () => a.index.stats().floor > before);
  await a.trusted();
  t.equal(a.fromRedis('any', before), 'hard');
  t.equal(a.fromRedis('any', a.log.applied), 'valid');
});

t.test('a purge that Redis confirmed and lost before it was read back is appended again', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  const dump = await client.dumpBuffer(KEY);
  // a can append but not read: client, a's other connection and b's two are let in.
  const reconnect = await cutOff(client, { ...a, names: a.names.slice(0, 1) }, 4);
  const before = b.log.applied;
  const appending = a.log.append([tag('lost')]);
  await b.until('the purge', () => b.fromRedis('lost', before) === 'hard' && b.log.applied > before);
  const position = b.log.applied;
  t.same(await appending, { kind: 'pending' }, 'a cannot read it');
  await b.log.close();
  await client.restore(KEY, 0, dump, 'REPLACE');
  await reconnect();
  await a.trusted();
  await a.until('its own purge, again', () => a.log.applied > position);
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.equal(late.fromRedis('lost', position), 'hard');
});

t.test('a log begun again stands above the one before', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  // As if the clock of the Redis before had been years ahead.
  await client.xadd(KEY, '4000000000000-7', ...encodeEntry('someone:1', [tag('x')]));
  const ahead = positionOf('4000000000000-7');
  await a.until('the purge', () => a.log.applied === ahead);
  await client.flushall();
  await a.until('the flush', () => a.log.applied > ahead);
  await a.trusted();
  const receipt = await a.log.append([tag('y')]);
  if (receipt.kind !== 'appended') return t.fail('Redis is up');
  t.ok(receipt.position > ahead);
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.equal(late.fromRedis('other', ahead), 'hard', 'everything before the fence');
  t.equal(late.fromRedis('other', late.log.applied), 'valid');
});

t.test('a purge acknowledged by a log that has just been rewound is not taken for granted', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  await client.xadd(KEY, '4000000000000-7', ...encodeEntry('someone:1', []));
  const ahead = positionOf('4000000000000-7');
  await a.until('the entry', () => a.log.applied === ahead);
  await client.flushall();
  t.same(await a.log.append([tag('y')]), { kind: 'pending' }, 'its position would be too low');
  await a.trusted();
  await a.until('its own purge', () => a.log.pending === 0);
  t.equal(a.fromRedis('y', ahead), 'hard');
});
