import type { Test } from 'tap';
import type { Clock } from '../../src/clock.ts';
import { type Origin, type OriginHandler, type OriginOptions, startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { TIERS, type Tiers, tiersOf } from '../proxy/tiers.ts';

/** A sidecar behind one of the doors, over some of the tiers. */
export interface Stand {
  /** What a row that fails here is named with. */
  readonly name: string;
  readonly door: 'fast' | 'node';
  readonly tiers: Tiers;
  readonly sidecar: Sidecar;
  readonly ask: Sidecar['ask'];
}

export interface House {
  readonly origin: Origin;
  /** One for each door and tiers. */
  readonly stands: readonly Stand[];
  /** Another one with a document of its own. */
  stand(door: Stand['door'], tiers: Tiers, document: string): Promise<Stand>;
}

/** Starts an origin, a Redis, and a sidecar for each door and tiers, until the test ends; a fault that was logged fails it. */
export async function startHouse(
  t: Test,
  document: string | ((tiers: Tiers) => string),
  handler: OriginHandler,
  { clock, ...options }: OriginOptions & { readonly clock?: Clock } = {},
): Promise<House> {
  const origin = await startOrigin(handler, options);
  t.teardown(() => origin.close());
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const stand = async (door: Stand['door'], tiers: Tiers, rest: string): Promise<Stand> => {
    const whole = `fast-door: ${door === 'fast'}\n${tiersOf(tiers, redis)}${rest}`;
    const sidecar = await startSidecar(origin.url, whole, clock);
    t.teardown(async () => {
      await sidecar.close();
      const faults = sidecar.log.filter(({ level }) => Number(level) >= 50);
      if (faults.length > 0) throw new Error(`it logged ${JSON.stringify(faults)}`);
    });
    return { name: `${door} door, ${tiers}`, door, tiers, sidecar, ask: sidecar.ask };
  };
  const stands: Stand[] = [];
  for (const tiers of TIERS) {
    for (const door of ['fast', 'node'] as const)
      stands.push(await stand(door, tiers, typeof document === 'string' ? document : document(tiers)));
  }
  return { origin, stands, stand };
}
