import { availableParallelism } from 'node:os';
import t from 'tap';
import { shareOf } from '../../src/workers/share.ts';
import { load, problemsOf } from './load.ts';

const upstream = 'upstream: http://127.0.0.1:3000';

for (const { id, given, expect } of [
  { id: 'silent', given: { yaml: upstream }, expect: 1 },
  { id: 'a file', given: { yaml: `${upstream}\nworkers: 3` }, expect: 3 },
  { id: 'auto', given: { yaml: `${upstream}\nworkers: auto` }, expect: availableParallelism() },
  {
    id: 'a variable',
    given: { yaml: `${upstream}\nworkers: 3`, env: { CACHESIDE_WORKERS: '4' } },
    expect: 4,
  },
  {
    id: 'a flag',
    given: { yaml: upstream, flags: { workers: '5' }, env: { CACHESIDE_WORKERS: '4' } },
    expect: 5,
  },
  {
    id: 'a flag that says auto',
    given: { yaml: upstream, flags: { workers: 'auto' } },
    expect: availableParallelism(),
  },
]) {
  t.test(`how many processes: ${id}`, async (t) => {
    t.equal(load(given).workers, expect);
  });
}

t.test('anything else is told, with where it stands', async (t) => {
  for (const workers of ['0', 'many', '1.5', '-1'])
    t.equal(problemsOf({ yaml: upstream, flags: { workers } }).length, 1, workers);
});

t.test('what is bounded is shared out', async (t) => {
  const yaml = [
    upstream,
    'memory: 10MiB',
    'redis: redis://127.0.0.1:6379',
    'clients:',
    '  max-connections: 100',
    '  max-requests: 50',
    'routes:',
    '  - {match: /a, concurrency: {limit: 4, queue: 0}}',
    '  - {match: /b, concurrency: 5}',
    '  - {match: /c}',
  ].join('\n');
  const whole = load({ yaml });
  const share = shareOf(whole, 3);
  t.equal(share.memory.limit, Math.floor((10 * 2 ** 20) / 3));
  t.equal(share.downstream.maxConnections, 34);
  t.equal(share.upstream.connections, Math.ceil(whole.upstream.connections / 3));
  t.equal(share.redis?.maxInFlight, Math.ceil((whole.redis?.maxInFlight ?? 0) / 3));
  t.equal(share.downstream.maxRequests, 17);
  t.equal(share.upstream.queue, Math.ceil(whole.upstream.queue / 3));
  t.same(
    share.routes.map(({ concurrency }) => concurrency),
    [{ limit: 2, queue: 0, timeout: 5_000 }, { limit: 2, queue: 7, timeout: 5_000 }, undefined],
  );
  t.same(shareOf(whole, 1), whole);
  t.same(structuredClone(share), share, 'and can be handed to another process');
  t.equal(shareOf(whole, 1_000_000).upstream.connections, 1);
});
