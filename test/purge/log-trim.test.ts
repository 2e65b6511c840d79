import t from 'tap';
import { createLogTrim } from '../../src/purge/log-trim.ts';
import { createPurgeStream } from '../../src/purge/purge-stream.ts';
import { encodeEntry } from '../../src/purge/stream-entry.ts';
import { positionOf } from '../../src/purge/stream-id.ts';
import { KEY, startServer, startSidecar, tag } from './sidecar.ts';

const MINUTE = 60_000;

t.test('what is older than the history is forgotten, but for the newest of it', async (t) => {
  const { redis, client } = await startServer(t);
  const stream = createPurgeStream(client, KEY, 'test');
  await stream.begin();
  const now = Number((await client.time())[0]) * 1_000;
  const hourAgo = now - 60 * MINUTE;
  // More than Redis keeps in one node of a stream, which it removes as a whole.
  for (let i = 0; i < 500; i++)
    await client.xadd(KEY, `${hourAgo + i}-0`, ...encodeEntry('old', [tag('old')]));
  const recent = `${now - MINUTE}-0`;
  await client.xadd(KEY, recent, ...encodeEntry('recent', [tag('recent')]));

  let monotonic = 0;
  const clock = { now: () => 0, monotonic: () => monotonic };
  const trim = createLogTrim(stream, 10 * MINUTE, clock);
  const length = () => client.xlen(KEY);
  monotonic += 2 * MINUTE;
  await trim(`${hourAgo + 499}-0`);
  t.equal(await length(), 502, 'nothing was too old at the time of that entry');
  await trim(`${now}-0`);
  t.equal(await length(), 502, 'not again within a minute');
  monotonic += MINUTE;
  await trim(`${now}-0`);
  t.ok((await length()) < 150, `${await length()} are left`);
  const [newestOfOld] = await client.xrevrange(KEY, `${now - 10 * MINUTE}-0`, '-', 'COUNT', 1);
  t.equal(newestOfOld?.[0], `${hourAgo + 499}-0`);

  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  const [first] = await stream.range('-', 1);
  const floor = positionOf(first?.id ?? '');
  t.ok(floor > positionOf(`${hourAgo}-0`));
  t.equal(late.fromRedis('any', floor - 1), 'hard', 'who starts now cannot know what was purged before that');
  t.equal(
    late.fromRedis('any', positionOf(`${hourAgo + 499}-0`)),
    'valid',
    'stored since, before the next purge',
  );
  t.equal(late.fromRedis('recent', positionOf(`${hourAgo + 499}-0`)), 'hard');
});

t.test('a Redis that cannot be asked is no event', async (t) => {
  const { redis, client } = await startServer(t);
  const trim = createLogTrim(createPurgeStream(client, KEY, 'test'), 1, {
    now: () => 0,
    monotonic: (() => {
      let at = 0;
      return () => (at += 2 * MINUTE);
    })(),
  });
  await redis.kill();
  await t.resolves(trim('1000000-0'));
});
