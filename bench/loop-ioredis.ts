import { Redis } from 'ioredis';
import type { LoadResult } from './load.ts';
import { quantile } from './quantile.ts';

// A process: loop-ioredis REDIS-URL SECONDS. No server: reads the responses that Cacheside has stored in
// Redis, one after the other, 64 commands outstanding, and counts how many come. Half a second before that
// is not counted. Prints a LoopResult as JSON.

/** `requests` are commands. */
export interface LoopResult extends LoadResult {
  /** Processor time of this process; s. */
  readonly cpu: number;
}

const OUTSTANDING = 64;
const [redisUrl = '', seconds = '1'] = process.argv.slice(2);
const redis = new Redis(redisUrl);
// What Cacheside keeps there beside stored responses is short, or no string.
const all = await redis.keys('cacheside:*');
const sizes = await Promise.all(all.map((key) => redis.strlen(key).catch(() => 0)));
const keys = all.filter((_, i) => (sizes[i] ?? 0) > 512);
if (keys.length === 0) throw new Error('there is nothing in Redis to read');

let next = 0;
let bytes = 0;
let errors = 0;
let took: number[] = [];

/** `OUTSTANDING` loops that each send a command as soon as the one before is answered, for so many ms. */
async function read(ms: number): Promise<void> {
  const until = performance.now() + ms;
  const loop = async () => {
    for (let now = performance.now(); now < until; now = performance.now()) {
      const value = await redis.getBuffer(keys[next++ % keys.length] ?? '');
      bytes += value?.length ?? 0;
      if (value === null) errors++;
      took.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, loop));
}

await read(500);
took = [];
bytes = 0;
const before = process.cpuUsage();
const began = performance.now();
await read(Number(seconds) * 1000);
const elapsed = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(before);

const result: LoopResult = {
  requests: took.length,
  requestsPerSecond: took.length / elapsed,
  p50: quantile(took, 0.5),
  p99: quantile(took, 0.99),
  p999: quantile(took, 0.999),
  slowest: quantile(took, 1),
  bytes,
  errors,
  cpu: (user + system) / 1e6,
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
