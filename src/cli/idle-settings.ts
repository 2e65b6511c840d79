import type { Config } from '../config/config.ts';

/** Each setting that has no effect without Redis, where there is none. Not a mistake: a flag may add it. */
export function idleSettings({ redis, routes }: Config): string[] {
  if (redis !== undefined) return [];
  return routes
    .filter(({ cache, collapse }) => cache && collapse === 'replicas')
    .map(({ name }) => `route ${name}: collapse: replicas`);
}
