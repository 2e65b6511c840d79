import type { Registry } from 'prom-client';
import type { CodingLevels } from './metrics-sources.ts';
import { register } from './read-metric.ts';

const RESULTS = ['made', 'useless', 'failed', 'dropped', 'discarded'] as const;

/** Registers what `compress` came to; nothing is shown where there is no memory tier. */
export function registerCodingMetrics(
  registry: Registry,
  coding: (() => CodingLevels | undefined) | undefined,
) {
  register(
    registry,
    'counter',
    'cacheside_compressions_total',
    'Stored responses compressed, by what came of it.',
    ['result'],
    (set) => {
      const counts = coding?.();
      if (counts !== undefined) for (const result of RESULTS) set({ result }, counts[result]);
    },
  );
}
