import { createHash } from 'node:crypto';

/** Keys up to this many characters are readable in Redis; longer ones are digested. */
const MAX_READABLE = 256;

/** The Redis key of a tier key. The full key stands in the value and is compared when it is read. */
export function redisKey(namespace: string, key: string): string {
  if (key.length <= MAX_READABLE) return `${namespace}:r:${key}`;
  return `${namespace}:r:sha256:${createHash('sha256').update(key).digest('hex')}`;
}
