import type { Test } from 'tap';
import type { Clock } from '../../src/clock.ts';
import { type Origin, type OriginHandler, type OriginOptions, startOrigin } from '../fixtures/origin.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

export interface Started {
  readonly origin: Origin;
  readonly sidecar: Sidecar;
  readonly ask: Sidecar['ask'];
}

/** An origin with Cacheside in front, until the test ends; a fault that was logged fails the test. */
export async function start(
  t: Test,
  document: string,
  handler: OriginHandler,
  { clock, ...options }: OriginOptions & { readonly clock?: Clock } = {},
): Promise<Started> {
  const origin = await startOrigin(handler, options);
  t.teardown(() => origin.close().catch(() => {}));
  const sidecar = await startSidecar(origin.url, document, clock);
  t.teardown(async () => {
    await sidecar.close();
    const faults = sidecar.log.filter(({ level }) => Number(level) >= 50);
    if (faults.length > 0) throw new Error(`it logged ${JSON.stringify(faults)}`);
  });
  return { origin, sidecar, ask: sidecar.ask };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A clock that stands still until it is set; ms since the epoch. */
export function fakeClock(start = Date.UTC(2024, 0, 1)) {
  const clock = {
    time: start,
    now: () => clock.time,
    monotonic: () => performance.now(),
    advance(seconds: number) {
      clock.time += seconds * 1000;
    },
  };
  return clock;
}
