import { Redis } from 'ioredis';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

interface Ready {
  readonly status: string;
  readonly redis: { readonly status: string };
  readonly purges: { readonly trusted: boolean };
}
const ready = async (sidecar: Sidecar): Promise<Ready> => JSON.parse((await sidecar.admin('/readyz')).text);

async function until(sidecar: Sidecar, isSo: (ready: Ready) => boolean): Promise<void> {
  const deadline = performance.now() + 8_000;
  while (!isSo(await ready(sidecar))) {
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(await ready(sidecar))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test('a Redis that is full answers, and takes no purge', async (t) => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] });
  t.teardown(() => redis.kill());
  const origin = await startOrigin((_req, res) => void res.end('whole'));
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, `redis: "${redis.url}"\n`);
  t.teardown(() => sidecar.close());
  const untrusted = () => sidecar.log.filter(({ msg }) => /^purge log: cannot be followed/.test(String(msg)));
  await until(sidecar, ({ status }) => status === 'ready');
  t.match(await ready(sidecar), { redis: { status: 'ready' }, purges: { trusted: true } });

  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  await client.config('SET', 'maxmemory', '1');
  t.match(await sidecar.purge({ all: true }), { status: 202 });
  t.equal((await sidecar.admin('/readyz')).status, 200);
  t.match(await ready(sidecar), {
    status: 'degraded',
    redis: { status: 'ready' },
    purges: { trusted: false },
  });
  t.match(JSON.parse((await sidecar.admin('/stats')).text).purges, { trusted: false }, 'as /stats says');
  await eventually(() => untrusted().length > 0);
  t.match(untrusted(), [{ level: 40, trusted: false }], 'which is worth a warning');

  await client.config('SET', 'maxmemory', '0');
  await until(sidecar, ({ status, purges }) => status === 'ready' && purges.trusted);
  const before = sidecar.log.length;
  await sidecar.close();
  t.same(sidecar.log.slice(before), [], 'and closing is not');
});
