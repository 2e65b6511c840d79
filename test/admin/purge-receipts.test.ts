import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { encodeEntry } from '../../src/purge/stream-entry.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { withClient } from '../fixtures/redis-client.ts';
import { type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { eventually, startSidecar } from '../fixtures/sidecar.ts';

// Each test has a Redis of its own, and mostly waits.
t.jobs = 3;

const KEY = 'cacheside:purges';

/** How long Redis may take to go or to come back, ms. */
const WITHIN = 10_000;

interface Answer {
  readonly status: string;
  readonly order: string;
  readonly position: number;
  readonly repeated?: boolean;
  readonly replicas?: { readonly all: boolean; readonly applied: readonly string[] };
}
interface History {
  readonly purges: readonly { readonly order: string; readonly by: string; readonly replicas: unknown }[];
}
type Given = Parameters<typeof startSidecar>[1];

async function setUp(
  t: { teardown(end: () => unknown): unknown },
  names: readonly string[],
  { lease = '500ms', clock = systemClock } = {},
) {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const origin = await startOrigin((_req, res) => void res.end('whole'));
  t.teardown(() => origin.close());
  const start = async (name: string, more: Given = '') => {
    const document = `redis: "${redis.url}"\ncoherence: { replica: ${name}, lease: ${lease} }\n${more}`;
    const sidecar = await startSidecar(origin.url, document, clock);
    t.teardown(() => sidecar.close());
    return sidecar;
  };
  const sidecars = await Promise.all(names.map((name) => start(name)));
  return { redis, start, sidecars };
}

type Started = Awaited<ReturnType<typeof startSidecar>>;

async function purge(
  sidecar: Started,
  body: Readonly<Record<string, unknown>>,
  key?: string,
): Promise<{ status: number; body: Answer }> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  const { status, text } = await sidecar.admin('/purge', body, headers);
  return { status, body: JSON.parse(text) as Answer };
}

const levels = async (sidecar: Started): Promise<{ readonly confirmedAgo: number }> =>
  JSON.parse((await sidecar.admin('/stats')).text).purges;

const history = async (sidecar: Started): Promise<History> =>
  JSON.parse((await sidecar.admin('/purges')).text) as History;

t.test('one call waits until every replica has applied its purges', async (t) => {
  let skipped = 0;
  const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + skipped };
  const { redis, sidecars } = await setUp(t, ['a', 'b', 'c'], { lease: '4s', clock });
  const [a, b] = sidecars;
  if (a === undefined || b === undefined) return;
  // Nobody says `all` before having followed the log for 5 s without a gap, which would be longer than a lease.
  for (const step of [2_500, 2_500]) {
    skipped += step;
    await withClient(redis.port, (client) => client.xadd(KEY, '*', ...encodeEntry('test:wake', [])));
    await eventually(async () => {
      const all = await Promise.all(sidecars.map(async (each) => (await levels(each)).confirmedAgo));
      return all.every((ago) => ago < step);
    }, WITHIN);
  }
  const order = { purges: [{ tag: 'x' }, { prefix: '/p', soft: true }], wait: '10s' };
  const { status, body } = await purge(a, order);
  t.equal(status, 200);
  t.match(body, { status: 'applied', position: Number, replicas: { all: true, waiting: [], silent: [] } });
  t.same([...(body.replicas?.applied ?? [])].sort(), ['a', 'b', 'c']);
  const { purges } = await history(b);
  t.match(purges, [
    {
      order: body.order,
      by: 'local',
      at: Number,
      status: 'applied',
      position: body.position,
      purges: [
        { tag: 'x', soft: false },
        { prefix: '/p', soft: true },
      ],
    },
  ]);
  const stats = JSON.parse((await b.admin('/stats')).text).purges;
  t.match(stats, { confirmedAgo: Number, beyondLease: false, lag: { count: 1, max: Number } });
  const metrics = (await b.admin('/metrics')).text;
  t.match(metrics, /^cacheside_purge_lag_seconds_count 1$/m);
  t.match(metrics, /^cacheside_purge_replicas\{state="live"\} \d$/m);
});

t.test('an idempotency key holds at every replica, and after a restart', async (t) => {
  const { start, sidecars } = await setUp(t, ['a', 'b']);
  const [a, b] = sidecars;
  if (a === undefined || b === undefined) return;
  const first = await purge(a, { tag: 'x', wait: '50ms' }, 'key-1');
  t.notOk(first.body.repeated);
  for (const each of [a, b]) {
    const again = await purge(each, { tag: 'x' }, 'key-1');
    t.equal(again.status, 200);
    t.match(again.body, { order: first.body.order, position: first.body.position, repeated: true });
    t.equal((await purge(each, { tag: 'y' }, 'key-1')).status, 422);
    t.equal((await purge(each, { tag: 'x', soft: true }, 'key-1')).status, 422, 'soft is another purge');
  }
  t.match((await purge(a, { tag: 'x', wait: '50ms' }, 'key-1')).body, {
    repeated: true,
    replicas: { applied: {} },
  });
  const other = await purge(b, { tag: 'x' }, 'key-2');
  t.ok(other.body.position > first.body.position);
  await Promise.all([a.close(), b.close()]);
  const late = await start('late');
  const again = await purge(late, { tag: 'x' }, 'key-1');
  t.match(again.body, { position: first.body.position, repeated: true });
  t.equal((await history(late)).purges.length, 2);
});

t.test('while Redis is down: pending, at once, and the same again', async (t) => {
  const { redis, sidecars } = await setUp(t, ['a']);
  const [a] = sidecars;
  if (a === undefined) return;
  await down(redis, a);
  const started = performance.now();
  const first = await purge(a, { tag: 'x', wait: '20s' }, 'key');
  t.ok(performance.now() - started < 10_000, 'nobody is waited for');
  t.equal(first.status, 202);
  t.match(first.body, { status: 'pending', order: String });
  t.match((await history(a)).purges, [
    { order: first.body.order, status: 'pending', position: null, replicas: [] },
  ]);
  const again = await purge(a, { tag: 'x' }, 'key');
  t.equal(again.status, 202);
  t.match(again.body, { order: first.body.order, repeated: true });
  await redis.restart();
  await eventually(async () => (await purge(a, { tag: 'x' }, 'key')).status !== 202, WITHIN);
  t.match((await purge(a, { tag: 'x' }, 'key')).body, {
    status: 'applied',
    repeated: true,
    position: Number,
  });
});

t.test('beyond the lease, readiness says so', async (t) => {
  const { redis, sidecars } = await setUp(t, ['a']);
  const [a] = sidecars;
  if (a === undefined) return;
  const ready = async () => JSON.parse((await a.admin('/readyz')).text);
  await eventually(async () => (await ready()).status === 'ready', WITHIN);
  t.match(await ready(), { purges: { trusted: true, beyondLease: false } });
  await redis.kill();
  await eventually(async () => (await ready()).purges.beyondLease, WITHIN);
  t.match(await ready(), { status: 'degraded', purges: { beyondLease: true } });
  t.match((await a.admin('/metrics')).text, /^cacheside_purge_log_beyond_lease 1$/m);
});

t.test('without Redis there is nobody else', async (t) => {
  const origin = await startOrigin((_req, res) => void res.end('whole'));
  t.teardown(() => origin.close());
  const a = await startSidecar(origin.url, 'coherence: { replica: alone }\n');
  t.teardown(() => a.close());
  const { body } = await purge(a, { tag: 'x', wait: true });
  t.match(body, { position: 1, replicas: { all: true, applied: ['alone'], waiting: [], silent: [] } });
  t.match(await history(a), { purges: [{ order: body.order, replicas: ['alone'] }], current: true });
  t.match(JSON.parse((await a.admin('/stats')).text).purges, { confirmedAgo: 0, beyondLease: false });
});

async function down(redis: RedisServer, sidecar: Started): Promise<void> {
  await redis.kill();
  const isTrusted = async () => JSON.parse((await sidecar.admin('/readyz')).text).purges.trusted;
  await eventually(async () => !(await isTrusted()), WITHIN);
}
