import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { Stored } from '../../src/policy/stored-response.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { createRedisTier } from '../../src/store/redis-tier.ts';
import { findBinary, startRedis } from '../fixtures/redis-server.ts';
import { storedResponse, varyRecord } from './stored-samples.ts';

/** Where the ports of both tiers overlap, in one shape. */
interface Tier {
  put(key: string, stored: Stored, uselessAfter: number): boolean;
  look(key: string): Promise<Stored | undefined>;
  delete(key: string): void;
  counts(): { hits: number; misses: number; sets: number; deletes: number };
}

/** Ends with the test. */
async function startTier(binary?: string): Promise<Tier> {
  const server = await startRedis(binary === undefined ? {} : { binary });
  const remote = createRedisTier({
    redis: connectRedis({ url: server.url, connectTimeout: 1_000, commandTimeout: 1_000 }, 'tier'),
    namespace: 'contract',
    maxValue: 1_000_000,
    maxInFlight: 1_000,
    commandTimeout: 1_000,
    clock: systemClock,
  });
  t.teardown(async () => {
    await remote.close();
    await server.stop();
  });
  await remote.connect(2_000);
  return {
    put: remote.put,
    async look(key) {
      await remote.written();
      const answer = await remote.find(key);
      if (answer.kind === 'unavailable') throw new Error('unavailable');
      return answer.kind === 'found' ? answer.stored : undefined;
    },
    delete: remote.delete,
    counts: remote.stats,
  };
}

const memory = createMemoryTier({ limit: 10_000_000 });
const valkey = findBinary('valkey-server');
const tiers: Record<string, Tier> = {
  memory: {
    put: memory.put,
    look: async (key) => memory.peek(key),
    delete: memory.delete,
    counts: memory.stats,
  },
  redis: await startTier(),
  ...(valkey === undefined ? {} : { valkey: await startTier(valkey) }),
};
if (valkey === undefined) t.comment('valkey-server is not on PATH: not run against it');

for (const [name, tier] of Object.entries(tiers)) {
  t.test(name, async (t) => {
    const until = Date.now() + 60_000;
    const stored = storedResponse({ heard: -1 });
    t.equal(await tier.look('a'), undefined);

    t.equal(tier.put('a', stored, until), true);
    t.strictSame(await tier.look('a'), stored, 'comes back as it was put, bytes ≥0x80 included');

    const newer = storedResponse({ heard: -1, body: Buffer.from([0, 255, 13, 10]), fields: [] });
    t.equal(tier.put('a', newer, until), true);
    t.strictSame(await tier.look('a'), newer, 'is replaced');

    const empty = storedResponse({ heard: -1, body: Buffer.alloc(0), status: 404 });
    tier.put('empty', empty, until);
    t.strictSame(await tier.look('empty'), empty);

    const record = varyRecord({ expires: until });
    tier.put('a', record, until);
    t.strictSame(await tier.look('a'), record, 'a record takes the place of a response');

    const long = `long ${'ü\u0000'.repeat(3_000)}`;
    tier.put(long, storedResponse({ heard: -1, key: long }), until);
    t.strictSame(await tier.look(long), storedResponse({ heard: -1, key: long }));
    t.equal(await tier.look(`${long}x`), undefined);

    tier.delete('a');
    t.equal(await tier.look('a'), undefined);
    const { misses, sets, deletes } = tier.counts();
    t.strictSame({ misses, sets, deletes }, { misses: 3, sets: 5, deletes: 1 });
  });
}
