import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { createAdmission } from '../../src/proxy/admission.ts';
import { createFlights } from '../../src/proxy/collapse.ts';
import { createExchange } from '../../src/proxy/exchange.ts';
import { createHeldRecordings } from '../../src/proxy/held-recordings.ts';
import { createLastAnswers } from '../../src/proxy/last-answers.ts';
import { createNobody } from '../../src/proxy/nobody.ts';
import { handle } from '../../src/proxy/pipeline.ts';
import { createRouteTable } from '../../src/proxy/route-table.ts';
import type { Sidecar } from '../../src/proxy/sidecar.ts';
import { createLocalLog } from '../../src/purge/local-log.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { createTieredStore } from '../../src/store/tiered-store.ts';
import { digest, get, lines, rule, stored } from '../policy/given.ts';

/** Hits of what memory has, on a route with these codings; what was asked to be compressed. */
function hits(compress: readonly 'br'[], over: Partial<StoredResponse> = {}) {
  const own = rule({ compress });
  const clock = systemClock;
  const memory = createMemoryTier({ limit: 1024 * 1024 });
  const index = createPurgeIndex();
  const log = createLocalLog(index, { name: () => 'a', clock });
  const asked: string[] = [];
  const upstream = { send: () => t.fail('forwarded') as never, close: async () => {} };
  const sidecar: Sidecar = {
    routes: createRouteTable([own]),
    store: createTieredStore({ memory, remote: undefined, remoteTrusted: () => true, digest, clock }),
    purges: { index, log },
    coherence: { lease: 5_000, cap: 30_000 },
    flights: createFlights(),
    heldRecordings: createHeldRecordings(0, () => {}),
    lastAnswers: createLastAnswers(),
    locks: undefined,
    compress: ({ key }) => asked.push(key),
    admission: createAdmission({
      rules: [],
      maxRequests: 1,
      connections: 1,
      queue: 0,
      breaker: undefined,
      now: clock.monotonic,
      random: () => 0,
      onBreaker() {},
    }),
    upstream,
    clock,
    digest,
    random: () => 0,
    timeout: 1_000,
    trustForwarded: false,
    onUpstreamHead: () => {},
    onUpstreamFailure: () => t.fail('failed'),
    onFault: (error) => t.fail(String(error)),
  };
  const now = clock.now();
  const key = stored().key;
  const body = Buffer.alloc(2_000, 'x');
  const held = stored({
    fields: lines('Content-Type: text/css'),
    body,
    requestTime: now,
    responseTime: now,
    ...over,
  });
  memory.put(key, held, now + 60_000);
  const outcomes: string[] = [];
  const hit = () =>
    handle(
      createExchange('1', get('Accept-Encoding: br'), createNobody(), clock.monotonic(), ({ cache }) =>
        outcomes.push(String(cache.detail)),
      ),
      sidecar,
    );
  return { memory, key, hit, asked, outcomes };
}

t.test('a hit asks for forms that nobody tried to make, after its answer', async (t) => {
  const { memory, key, hit, asked, outcomes } = hits(['br']);
  hit();
  hit();
  t.same(asked, [key, key], 'until somebody does');
  const held = memory.glance(key) as StoredResponse;
  memory.attach(key, held, []);
  hit();
  t.same(asked.length, 2, 'though nothing came of it');
  t.same(outcomes, ['memory', 'memory', 'memory']);
});

t.test('not on a route that does not compress', async (t) => {
  const { hit, asked } = hits([]);
  hit();
  t.same(asked, []);
});
