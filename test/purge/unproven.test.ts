import t, { type Test } from 'tap';
import { eventually } from '../fixtures/sidecar.ts';
import { startServer, startSidecar, tag } from './sidecar.ts';

const LEASE = 300;

/** A sidecar whose log counts as confirmed, and how long ago that was. */
async function setUp(t: Test) {
  const { redis, client } = await startServer(t);
  const { log } = await startSidecar(t, { url: redis.url, name: 'a', lease: LEASE });
  const ago = () => performance.now() - log.confirmedAt;
  t.ok(ago() < LEASE, 'confirmed');
  return { client, log, ago };
}

t.test('what a read-only replica tells of the log is not its end', async (t) => {
  const { client, log, ago } = await setUp(t);
  await client.replicaof('127.0.0.1', '1');
  await eventually(() => ago() > LEASE);
  t.match(await log.append([tag('x')]), { kind: 'pending' });
  await client.replicaof('NO', 'ONE');
  await eventually(() => ago() < LEASE, 10_000);
});

t.test('nor is what a master tells that has lost the replicas it must have', async (t) => {
  const { client, ago } = await setUp(t);
  await client.config('SET', 'min-replicas-to-write', '1');
  await eventually(() => ago() > LEASE);
  await client.config('SET', 'min-replicas-to-write', '0');
  await eventually(() => ago() < LEASE);
});

t.test('a master that is full is one all the same', async (t) => {
  const { client, ago } = await setUp(t);
  await client.config('SET', 'maxmemory', '1');
  const before = performance.now();
  await eventually(() => performance.now() - before > 3 * LEASE);
  await eventually(() => ago() < LEASE);
});
