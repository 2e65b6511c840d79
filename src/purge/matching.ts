import type { StoredResponse } from '../policy/stored-response.ts';
import { createPurgeIndex } from './purge-index.ts';
import type { Purge } from './selector.ts';

/** How many of these responses one purge names: what a dry run tells. Touches none of them. */
export function countMatching(purge: Purge, responses: Iterable<StoredResponse>): number {
  const index = createPurgeIndex();
  const before = index.serial;
  index.apply(purge, 1);
  let count = 0;
  for (const stored of responses) {
    if (index.verdict({ ...stored, heard: before }) !== 'valid') count++;
  }
  return count;
}
