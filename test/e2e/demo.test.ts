import { fileURLToPath } from 'node:url';
import t from 'tap';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { startNode } from '../fixtures/node-process.ts';
import { startRedis } from '../fixtures/redis-server.ts';

const DEMO = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

t.teardown(hangUp);

const runDemo = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  startNode(['--import=tsx', DEMO, ...args], env);

t.test('the tour, memory alone', async (t) => {
  const demo = runDemo(['--once'], { REDIS_URL: '' });
  t.teardown(() => demo.stop());
  t.equal(await demo.exited, 0, demo.lines.join('\n'));
  const output = demo.lines.join('\n');
  t.match(output, /Cache-Status: cacheside; fwd=uri-miss;.* stored;/);
  t.match(output, /Cache-Status: cacheside; hit; ttl=\d+; detail=memory/);
  t.match(output, /hit ratio +\d+\.\d %/);
  t.notMatch(output, /FAILED/);
  t.equal(output.includes('\x1b'), false, 'no colours where no terminal is');
});

t.test('it keeps running until it is told to end, and leaves nothing behind', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const demo = runDemo([], { REDIS_URL: redis.url });
  t.teardown(() => demo.stop());
  await demo.line(/Ctrl-C ends it/, 20_000);
  const urls = ['proxy', 'stats', 'metrics', 'readiness', 'product API'].map(
    (name) => new RegExp(`^  ${name} +(http\\S+)$`),
  );
  const running = await Promise.all(urls.map(async (pattern) => (await demo.line(pattern))[1] ?? ''));
  for (const url of running) t.match(await send({ url }), { status: 200 }, url);
  demo.signal('SIGINT');
  t.equal(await demo.exited, 0);
  for (const url of running) await t.rejects(send({ url }), { code: 'ECONNREFUSED' }, url);
});
