import type { Clock } from '../clock.ts';
import { createMissedUrls, type MissedUrls } from '../observe/missed-urls.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { createMatcher } from '../purge/matching.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import { createHotKeys, type HotKeys } from '../store/hot-keys.ts';
import { createKeySurvey } from '../store/key-survey.ts';
import type { MemoryTier } from '../store/ports.ts';
import type { KeyLists, KeysAsked } from '../workers/key-lists.ts';

/** What is counted of keys and URLs. */
export interface KeyCounts {
  readonly hot: HotKeys;
  readonly missed: MissedUrls;
}

export function openKeyCounts(clock: Clock): KeyCounts {
  return { hot: createHotKeys(clock), missed: createMissedUrls(clock) };
}

/** Tells what is counted, and what memory holds. */
export function createKeyLists(
  { hot, missed }: KeyCounts,
  parts: {
    readonly memory: MemoryTier | undefined;
    readonly index: PurgeIndex;
    /** As they are by now. */
    readonly rules: () => readonly RouteRule[];
    readonly clock: Clock;
  },
): (asked: KeysAsked) => Promise<KeyLists> {
  const { memory, index, rules, clock } = parts;
  let known: readonly RouteRule[] | undefined;
  let fingerprints = new Set<string>();
  const isOfRule = ({ rule }: { readonly rule: string }): boolean => {
    const now = rules();
    if (now !== known) {
      known = now;
      fingerprints = new Set(now.map(({ fingerprint }) => fingerprint));
    }
    return fingerprints.has(rule);
  };
  const survey = memory && createKeySurvey({ memory, hot, verdict: index.verdict, isOfRule, clock });

  return async ({ limit, prefix }) => {
    const listed = {
      since: Math.min(hot.since, missed.since),
      hottest: survey?.hottest(limit) ?? [],
      missed: missed.list(limit),
    };
    if (prefix === undefined) return listed;
    const isMeant = createMatcher({ selector: { kind: 'prefix', prefix }, soft: false });
    return { ...listed, ...((await survey?.stored(isMeant, limit)) ?? { stored: [], truncated: false }) };
  };
}
