// npx tsx bench/scale.ts – what sidecars cost the Redis that they share.
//
// Up to fifty sidecars in this process, one redis-server; its own counters (INFO) tell operations, bytes
// and connections: while nothing happens per sidecar and second, then per purge, per miss and per hit in
// Redis. What grows with their number does so in a straight line, which is drawn on to 100 and 1,000.

import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startOrigin } from '../test/fixtures/origin.ts';
import { startRedis } from '../test/fixtures/redis-server.ts';
import { type Sidecar, startSidecar } from '../test/fixtures/sidecar.ts';
import { meterRedis, type RedisUsage } from './redis-usage.ts';

const COUNTS = [2, 5, 10, 20, 50];
const COMPUTED = [10, 100, 1_000];
const IDLE = 10_000;
/** Requests or purges measured in each phase. */
const REQUESTS = 200;
const PURGES = 20;
const HOST = { headers: { host: 'shop.test' } };
/** The hash of replicas is read every ten seconds by each, and less often beyond this many. */
const ALL_LOOK = 100;

/** Per sidecar and second while idle, per operation otherwise. */
interface Cost {
  readonly operations: number;
  readonly bytes: number;
  readonly commands: ReadonlyMap<string, number>;
}

const PHASES = ['idle', 'purge', 'purge that waits', 'miss', 'hit in Redis'] as const;
type Phase = (typeof PHASES)[number];

const redis = await startRedis();
const origin = await startOrigin((_req, res) => void res.end('x'.repeat(1_024)));
const client = new Redis(redis.url);
const meter = meterRedis(client);
const sidecars: Sidecar[] = [];
let fresh = 0;

async function grow(count: number): Promise<void> {
  while (sidecars.length < count) {
    const document = `redis: { url: "${redis.url}" }\ncoherence: { replica: s${sidecars.length} }\nroutes: [{ match: "/*", ttl: 10m }]\n`;
    sidecars.push(await startSidecar(origin.url, document));
  }
  // A receipt says `all` once the log was followed for five seconds.
  await delay(6_000);
}

async function measured(step: () => Promise<void>): Promise<RedisUsage> {
  await meter.begin();
  await step();
  return meter.end();
}

/** What `times` operations cost, less what would have happened anyway. */
function perOperation(usage: RedisUsage, times: number, idle: Cost): Cost {
  const seconds = (usage.elapsed / 1_000) * sidecars.length;
  const less = (value: number, rate: number) => Math.max(0, (value - rate * seconds) / times);
  const commands = [...usage.commands].map(
    ([name, calls]) => [name, less(calls, idle.commands.get(name) ?? 0)] as const,
  );
  return {
    operations: less(usage.operations, idle.operations),
    bytes: less(usage.bytes, idle.bytes),
    commands: new Map(commands),
  };
}

async function purges(wait: string | undefined): Promise<void> {
  for (let i = 0; i < PURGES; i++) {
    const taker = sidecars[i % sidecars.length] as Sidecar;
    const { status, text } = await taker.purge({ tag: `t-${++fresh}`, ...(wait && { wait }) });
    const isAll = wait === undefined || JSON.parse(text).replicas.all === true;
    if (status !== 200 || !isAll) throw new Error(`${status}: ${text}`);
    if (wait === undefined) await delay(50);
  }
  await delay(200);
}

async function measure(count: number): Promise<{ costs: Record<Phase, Cost>; connections: number }> {
  await grow(count);
  const [first, second] = sidecars;
  if (first === undefined || second === undefined) throw new Error('two are needed');
  const nothing = await measured(() => delay(IDLE));
  const rate = (value: number) => value / (nothing.elapsed / 1_000) / count;
  const idle: Cost = {
    operations: rate(nothing.operations),
    bytes: rate(nothing.bytes),
    commands: new Map([...nothing.commands].map(([name, calls]) => [name, rate(calls)])),
  };
  const told = await measured(() => purges(undefined));
  const waited = await measured(() => purges('5s'));
  const paths = Array.from({ length: REQUESTS }, () => `/p/${++fresh}`);
  const askAll = async (sidecar: Sidecar): Promise<void> => {
    for (const path of paths) await sidecar.ask(path, HOST);
    await delay(100);
  };
  const missed = await measured(() => askAll(first));
  const hit = await measured(() => askAll(second));
  return {
    costs: {
      idle,
      purge: perOperation(told, PURGES, idle),
      'purge that waits': perOperation(waited, PURGES, idle),
      miss: perOperation(missed, REQUESTS, idle),
      'hit in Redis': perOperation(hit, REQUESTS, idle),
    },
    connections: nothing.connections / count,
  };
}

/** The straight line through these points, by least squares. */
function line(points: readonly (readonly [x: number, y: number])[]): (x: number) => number {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const slope =
    points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) /
    points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return (x) => Math.max(0, meanY + slope * (x - meanX));
}

const shown = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1));
const row = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);

function head(...cells: string[]): void {
  console.log();
  row(cells);
  row(cells.map(() => '---'));
}

try {
  const results = new Map<number, Awaited<ReturnType<typeof measure>>>();
  for (const count of COUNTS) {
    const result = await measure(count);
    results.set(count, result);
    head(
      `${count} sidecars, ${shown(result.connections)} connections each`,
      'operations',
      'bytes',
      'of these',
    );
    for (const phase of PHASES) {
      const { operations, bytes, commands } = result.costs[phase];
      const most = [...commands].sort(([, a], [, b]) => b - a).filter(([, calls]) => calls >= 0.01);
      const names = most.slice(0, 5).map(([name, calls]) => `${name} ${calls.toFixed(2)}`);
      row([phase, shown(operations), shown(bytes), names.join(', ')]);
    }
  }
  head(
    'drawn on',
    ...COMPUTED.map((count) => `${count} sidecars: operations`),
    ...COMPUTED.map((count) => `${count}: bytes`),
  );
  for (const phase of PHASES) {
    const at = (what: 'operations' | 'bytes') => {
      const points = [...results].map(([count, { costs }]) => [count, costs[phase][what]] as const);
      const of = line(points);
      const alone = points[0]?.[1] ?? 0;
      if (phase === 'miss' || phase === 'hit in Redis') return COMPUTED.map(() => shown(alone));
      return COMPUTED.map((count) => shown(of(phase === 'idle' ? Math.min(count, ALL_LOOK) : count)));
    };
    row([phase, ...at('operations'), ...at('bytes')]);
  }
} finally {
  await Promise.all(sidecars.map((sidecar) => sidecar.close()));
  client.disconnect();
  await Promise.all([origin.close(), redis.kill()]);
}
