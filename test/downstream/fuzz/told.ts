import type { DoorSettings } from '../../../src/downstream/door.ts';
import type { RequestHead } from '../../../src/policy/request.ts';

/** Cacheside's defaults, without any time-out that a fuzz could meet. */
export const SETTINGS: DoorSettings = {
  headTimeout: 3_600_000,
  requestTimeout: 3_600_000,
  requestProgress: 1,
  keepAlive: 3_600_000,
  stallTimeout: 3_600_000,
  maxHead: 16 * 1024,
  maxConnections: 10_000,
  maxFields: 100,
  maxTarget: 8 * 1024,
  fast: true,
};

/** All of a head, so that two that differ in anything differ here. */
export const headText = ({ method, scheme, authority, path, query, fields }: RequestHead): string =>
  JSON.stringify([method, scheme, authority, path, query, ...fields]);
