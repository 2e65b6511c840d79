import t from 'tap';
import type { Readiness } from '../../src/admin/ports.ts';
import { running } from './running.ts';

const cache = { responses: 1, bytes: 2, limit: 3 };
const purges = { trusted: true, beyondLease: false };

const rows: readonly { id: string; given: Readiness; expect: [number, string, string] }[] = [
  {
    id: 'all there',
    given: { ready: true, draining: false, cache, redis: 'ready', purges },
    expect: [200, 'ready', 'ok'],
  },
  {
    id: 'without Redis',
    given: { ready: true, draining: false, cache, redis: 'off', purges },
    expect: [200, 'ready', 'ok'],
  },
  {
    id: 'without memory',
    given: { ready: true, draining: false, cache: null, redis: 'ready', purges },
    expect: [200, 'ready', 'off'],
  },
  {
    id: 'Redis down',
    given: { ready: true, draining: false, cache, redis: 'down', purges },
    expect: [200, 'degraded', 'ok'],
  },
  {
    id: 'Redis connecting',
    given: { ready: true, draining: false, cache, redis: 'connecting', purges },
    expect: [200, 'degraded', 'ok'],
  },
  {
    id: 'breaker open',
    given: { ready: true, draining: false, cache, redis: 'degraded', purges },
    expect: [200, 'degraded', 'ok'],
  },
  {
    id: 'Redis answers, and its purge log cannot be followed',
    given: { ready: true, draining: false, cache, redis: 'ready', purges: { ...purges, trusted: false } },
    expect: [200, 'degraded', 'ok'],
  },
  {
    id: 'the end of the log was not seen for longer than the lease',
    given: { ready: true, draining: false, cache, redis: 'ready', purges: { ...purges, beyondLease: true } },
    expect: [200, 'degraded', 'ok'],
  },
  {
    id: 'starting',
    given: { ready: false, draining: false, cache, redis: 'ready', purges },
    expect: [503, 'starting', 'ok'],
  },
  {
    id: 'draining',
    given: { ready: true, draining: true, cache, redis: 'ready', purges },
    expect: [503, 'draining', 'ok'],
  },
];

t.test('readiness', async (t) => {
  let now: Readiness = { ready: false, draining: false, cache, redis: 'off', purges };
  const { call } = await running(t, { readiness: () => now });
  for (const { id, given, expect } of rows) {
    now = given;
    const { status, json } = await call('GET', '/readyz');
    t.same([status, json.status, json.cache?.status], expect, id);
    t.equal(json.redis?.status, given.redis, id);
    t.same(json.purges, given.purges, id);
  }
});

t.test('health does not depend on readiness', async (t) => {
  const { call } = await running(t, {
    readiness: () => ({ ready: false, draining: true, cache: null, redis: 'down', purges }),
  });
  t.match(await call('GET', '/healthz'), { status: 200, json: { status: 'ok', uptime: Number } });
});
