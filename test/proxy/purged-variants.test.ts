import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause, start } from './start.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

let namespaces = 0;

/** A sidecar whose upstream varies by language; `replica` starts another one beside it. */
async function setUp(t: Test, withRedis: boolean, maxAge = 60) {
  const namespace = `variants${++namespaces}`;
  const document = withRedis ? `redis: { url: '${redis.url}', namespace: ${namespace} }\n` : '';
  const { origin, sidecar } = await start(t, document, (req, res) => {
    const language = req.headers['accept-language'] ?? 'none';
    res.setHeader('cache-control', `max-age=${maxAge}`).setHeader('vary', 'accept-language');
    res.setHeader('x-tag', language).end(language);
  });
  const speaker =
    ({ ask }: Pick<typeof sidecar, 'ask'>) =>
    async (language: string) =>
      (await ask('/a', { headers: { host: 'a.test', 'accept-language': language } })).cacheStatus;
  const replica = async () => {
    const other = await startSidecar(origin.url, document);
    t.teardown(() => other.close());
    return speaker(other);
  };
  return { sidecar, speak: speaker(sidecar), replica };
}

type Started = Awaited<ReturnType<typeof setUp>>;
const WAYS: Record<string, (started: Started) => Promise<unknown>> = {
  DELETE: ({ sidecar }) => sidecar.ask('/a', { method: 'DELETE', headers: { host: 'a.test' } }),
  PUT: ({ sidecar }) => sidecar.ask('/a', { method: 'PUT', headers: { host: 'a.test' } }),
  purge: ({ sidecar }) => sidecar.purge({ prefix: '/a' }),
};

for (const withRedis of [false, true]) {
  for (const [way, purge] of Object.entries(WAYS)) {
    t.test(`${way}, ${withRedis ? 'with' : 'without'} Redis`, async (t) => {
      const started = await setUp(t, withRedis);
      const { speak } = started;
      t.match(await speak('de'), /fwd=uri-miss; fwd-status=200; stored; ttl=(?:59|60)$/);
      t.match(await speak('fr'), /fwd=vary-miss; fwd-status=200; stored; ttl=(?:59|60)$/);
      await purge(started);
      t.match(await speak('it'), /fwd=uri-miss; .*detail=purged/, 'never stored, and nothing else is left');
      t.match(
        await speak('de'),
        /fwd=vary-miss; .*detail=purged/,
        'stored and purged, while another is there',
      );
      t.match(await speak('es'), /fwd=vary-miss; fwd-status=200; stored; ttl=(?:59|60)$/, 'never stored');
      for (const language of ['it', 'de', 'es']) t.match(await speak(language), /hit/);
      await purge(started);
      t.match(await speak('es'), /fwd=uri-miss; .*detail=purged/, 'stored and purged, as all others');
    });
  }
}

t.test('a flushed Redis', async (t) => {
  const started = await setUp(t, true);
  const { speak, sidecar } = started;
  await speak('de');
  await speak('fr');
  const admin = new Redis(redis.url);
  await admin.flushall();
  admin.disconnect();
  await sidecar.purge({ prefix: '/a' });
  t.match(await speak('de'), /fwd=uri-miss; .*detail=purged/);
});

t.test('a replica that has it in Redis alone', async (t) => {
  const started = await setUp(t, true);
  await started.speak('de');
  await started.speak('fr');
  await started.sidecar.purge({ prefix: '/a' });
  const speak = await started.replica();
  t.match(await speak('it'), /fwd=uri-miss; .*detail=purged/);
  t.match(await speak('de'), /fwd=vary-miss; .*detail=purged/);
});

t.test('a variant whose time is over is none', async (t) => {
  const { speak } = await setUp(t, false, 1);
  await speak('de');
  t.match(await speak('fr'), /fwd=vary-miss/);
  await pause(1_050);
  t.match(await speak('it'), /fwd=uri-miss; fwd-status=200; stored; ttl=1$/);
});
