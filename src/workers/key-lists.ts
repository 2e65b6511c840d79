import { type MissedUrl, mergeMissed } from '../observe/missed-urls.ts';
import type { HotKey, StoredKey } from '../store/stored-keys.ts';

/** Which keys and URLs a worker is asked for, of each list at most `limit`. `prefix`: of what it stores, nothing where left out. */
export interface KeysAsked {
  readonly limit: number;
  readonly prefix: string | undefined;
}

/** What a worker knows of them. */
export interface KeyLists {
  /** ms since the epoch. */
  readonly since: number;
  readonly hottest: readonly HotKey[];
  readonly missed: readonly MissedUrl[];
  readonly stored?: readonly StoredKey[];
  readonly truncated?: boolean;
}

/** Of each list a worker tells so many. */
const MOST_TOLD = 1_000;

/** What each worker is asked for: what is used somewhat by all may be used most of all. */
export function askedOfEach({ limit, prefix }: KeysAsked): KeysAsked {
  return { limit: Math.min(MOST_TOLD, limit * 4), prefix };
}

/**
 * The lists of several workers as one, undefined where one did not answer; of what several of them store, the freshest is shown,
 * with the uses of all. `now` in ms since the epoch.
 */
export function mergeKeyLists(
  answers: readonly (KeyLists | undefined)[],
  { limit, prefix }: KeysAsked,
  now: number,
): KeyLists {
  const all = answers.flatMap((lists) => lists ?? []);
  const stored = mergeKeys<StoredKey>(all.map((lists) => lists.stored ?? []));
  const isTruncated =
    stored.length > limit || all.length < answers.length || all.some(({ truncated }) => truncated === true);
  return {
    since: Math.min(now, ...all.map(({ since }) => since)),
    hottest: mergeKeys(all.map(({ hottest }) => hottest)).slice(0, limit),
    missed: mergeMissed(
      all.map(({ missed }) => missed),
      limit,
    ),
    ...(prefix !== undefined && { stored: stored.slice(0, limit), truncated: isTruncated }),
  };
}

/** Most used first. */
function mergeKeys<Key extends HotKey>(lists: readonly (readonly Key[])[]): Key[] {
  const merged = new Map<string, Key>();
  for (const found of lists.flat()) {
    const name = `${found.key}\0${found.variant}`;
    const other = merged.get(name);
    if (other === undefined) merged.set(name, found);
    else {
      const better = (found.ttl ?? Number.NEGATIVE_INFINITY) > (other.ttl ?? Number.NEGATIVE_INFINITY);
      merged.set(name, { ...(better ? found : other), uses: found.uses + other.uses });
    }
  }
  return [...merged.values()].sort((a, b) => b.uses - a.uses);
}
