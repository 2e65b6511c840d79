import type { Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import type { OriginHandler } from '../fixtures/origin.ts';
import { type Answer, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { settled } from '../fixtures/stats.ts';
import { pause } from '../proxy/start.ts';
import { type Outside, startOutside } from './outside.ts';

/** Replicas ask for the same URL, whatever port they listen at. */
export const HOST = { headers: { host: 'shop.test' } };
export const NAMESPACE = 'replicas';

export interface Replicas extends Outside {
  readonly sidecars: readonly Sidecar[];
  readonly document: string;
  /** Asks each of these sidecars, after up to `within` ms each. */
  ask(path: string, from?: readonly Sidecar[], within?: number): Promise<Answer[]>;
  /** Resolves once so many SETs were answered since `forget`: each who wants a lock sends one. */
  tried(count: number): Promise<void>;
  /** The same of GETs: a look for the response or at a lock. */
  looked(count: number): Promise<void>;
  forget(): Promise<void>;
}

/** `count` sidecars in this process, one Redis, one origin. `route`: what the route says beside `collapse: replicas`. */
export async function startReplicas(
  t: Test,
  count: number,
  handler: OriginHandler,
  { route = 'ttl: 60s', more = '', ofRedis = '', commandTimeout = 5_000 } = {},
): Promise<Replicas> {
  const outside = await startOutside(t, handler);
  const { redis, origin, client } = outside;
  const document =
    `redis: { url: '${redis.url}', namespace: ${NAMESPACE}, command-timeout: ${commandTimeout}ms ${ofRedis} }\n${more}\n` +
    `routes: [{ match: "/*", collapse: replicas, ${route} }]\n`;
  const sidecars = await Promise.all(Array.from({ length: count }, () => startSidecar(origin.url, document)));
  t.teardown(async () => {
    redis.resume();
    await Promise.all(sidecars.map((sidecar) => sidecar.close()));
    const faults = sidecars.flatMap(({ log }) => log.filter(({ level }) => Number(level) >= 50));
    if (faults.length > 0) throw new Error(`they logged ${JSON.stringify(faults)}`);
  });
  await Promise.all(sidecars.map(settled));
  const calls = async (command: 'get' | 'set'): Promise<number> =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info('commandstats'))?.[1] ?? 0);
  return {
    ...outside,
    sidecars,
    document,
    ask: (path, from = sidecars, within = 0) =>
      Promise.all(
        from.map(async (sidecar) => {
          await pause(Math.random() * within);
          // A crowd on a busy machine takes its time.
          return sidecar.ask(path, { ...HOST, signal: AbortSignal.timeout(40_000) });
        }),
      ),
    tried: (wanted) => eventually(async () => (await calls('set')) >= wanted, 15_000),
    looked: (wanted) => eventually(async () => (await calls('get')) >= wanted, 15_000),
    async forget() {
      // What was answered may still be on its way to Redis.
      await pause(30);
      await client.config('RESETSTAT');
    },
  };
}

/** Holds answers back until they are released. */
export function createGate() {
  const waiting: (() => void)[] = [];
  let open = false;
  return {
    hold(answer: () => void) {
      if (open) answer();
      else waiting.push(answer);
    },
    get held() {
      return waiting.length;
    },
    /** Now and from now on. */
    open() {
      open = true;
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

/** The Redis keys of the response to a GET of this path, and of its lock. */
export const keyOf = (path: string): string => `${NAMESPACE}:r:http://${HOST.headers.host}${path}`;
export const lockOf = (path: string): string => `${NAMESPACE}:l:http://${HOST.headers.host}${path}`;
