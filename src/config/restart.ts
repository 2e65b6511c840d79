import { isDeepStrictEqual } from 'node:util';
import { OperatorError } from '../errors.ts';
import type { Config } from './config.ts';

/** What a reload cannot change, by its name in the file. */
const AT_START = {
  listen: 'listen',
  upstream: 'upstream',
  admin: 'admin',
  memory: 'memory',
  redis: 'redis',
  coherence: 'coherence',
  workers: 'workers',
  downstream: 'clients',
  fastDoor: 'fast-door',
  tracing: 'tracing',
} as const;

/** Throws an OperatorError that names every section in which `next` differs and that needs a restart. */
export function refuseRestart(current: Config, next: Config): void {
  const changed = (Object.keys(AT_START) as (keyof typeof AT_START)[]).filter(
    (section) => !isDeepStrictEqual(current[section], next[section]),
  );
  const names: string[] = changed.map((section) => AT_START[section]);
  if (current.log.access !== next.log.access) names.push('log.access');
  if (current.log.hits !== next.log.hits) names.push('log.hits');
  if (current.log.pretty !== next.log.pretty) names.push('log.pretty');
  if (names.length === 0) return;
  throw new OperatorError(
    `Nothing was reloaded: ${names.join(', ')} changed, which needs a restart. A reload takes over routes, defaults, log.level, drain-delay and drain-timeout.`,
  );
}
