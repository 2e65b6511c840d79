import type { Config } from '../config/config.ts';

/** Each setting that has no effect without Redis, where there is none. Not a mistake: a flag may add it. */
export function idleSettings({ redis, routes }: Config): string[] {
  if (redis !== undefined) return [];
  return routes
    .filter(({ cache }) => cache)
    .flatMap(({ name, collapse, beyondLease }) => [
      ...(collapse === 'replicas' ? [`route ${name}: collapse: replicas`] : []),
      ...(beyondLease === 'cap' ? [] : [`route ${name}: beyond-lease: ${beyondLease}`]),
    ]);
}
