import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, timeFor } from '../clock.ts';
import { currentAge, remainingFreshness } from '../policy/freshness.ts';
import { isResponse, type StoredResponse } from '../policy/stored-response.ts';
import type { HotKeys } from './hot-keys.ts';
import { placeOf } from './lookup.ts';
import type { MemoryTier } from './ports.ts';
import type { HotKey, StoredKey } from './stored-keys.ts';
import { sizeOf } from './stored-size.ts';

/** What memory holds, for people. */
export interface KeySurvey {
  /** The most used ones lately, most used first. */
  hottest(most: number): HotKey[];
  /** What is meant, most used first; `truncated`: there is more. Requests get their turn in between. */
  stored(
    isMeant: (stored: StoredResponse) => boolean,
    most: number,
  ): Promise<{ readonly stored: StoredKey[]; readonly truncated: boolean }>;
}

export interface KeySurveyParts {
  readonly memory: MemoryTier;
  readonly hot: HotKeys;
  /** `hard`: it answers nothing any more; `soft`: it is stale. */
  readonly verdict: (stored: StoredResponse) => 'valid' | 'soft' | 'hard';
  /** Whether the rule that stored it is still in force; else it answers nothing any more. */
  readonly isOfRule: (stored: StoredResponse) => boolean;
  readonly clock: Clock;
}

/** Responses looked at before other work gets its turn: less than a millisecond. */
const SLICE = 500;

/** All walks together take one slice of each turn of the event loop, in turns. */
export function createKeySurvey({ memory, hot, verdict, isOfRule, clock }: KeySurveyParts): KeySurvey {
  let turn: Promise<unknown> = Promise.resolve();
  const nextSlice = (): Promise<unknown> => {
    turn = turn.then(() => nextTurn());
    return turn;
  };

  /** Undefined where it answers nothing any more. */
  const describe = (stored: StoredResponse, uses: number): StoredKey | undefined => {
    const judged = verdict(stored);
    if (judged === 'hard' || !isOfRule(stored)) return undefined;
    const { key, variant, url, route, status, body, tags } = stored;
    const now = timeFor(stored, clock);
    const ttl = remainingFreshness(stored, now);
    return {
      key,
      variant,
      url,
      route,
      status,
      bytes: body.byteLength,
      memory: sizeOf(placeOf(stored), stored),
      age: Math.round(currentAge(stored, now)),
      ttl: Math.round(judged === 'soft' ? Math.min(0, ttl) : ttl),
      tags,
      uses: Math.round(uses),
    };
  };

  return {
    hottest(most) {
      const found: HotKey[] = [];
      const byUses = [...hot.uses()].sort(([, a], [, b]) => b - a);
      for (const [place, uses] of byUses) {
        if (found.length === most) break;
        const stored = memory.glance(place);
        // Of a record, the responses that it leads to are counted themselves.
        if (stored !== undefined && !isResponse(stored)) continue;
        found.push((stored && describe(stored, uses)) ?? gone(place, uses));
      }
      return found;
    },

    async stored(isMeant, most) {
      const uses = hot.uses();
      /** By place: what moves in memory meanwhile may come twice. */
      const used = new Map<string, StoredKey>();
      const others = new Map<string, StoredKey>();
      let isMore = false;
      let left = SLICE;
      await nextSlice();
      for (const { key: place, stored } of memory.walk()) {
        if (--left === 0) {
          left = SLICE;
          await nextSlice();
        }
        if (!isResponse(stored) || !isMeant(stored)) continue;
        const count = uses.get(place) ?? 0;
        const isOver = count === 0 && others.size === most && !others.has(place);
        if (isOver && isMore) continue;
        const described = describe(stored, count);
        if (described === undefined) continue;
        if (isOver) isMore = true;
        else (count > 0 ? used : others).set(place, described);
      }
      const all = [...used.values()].sort((a, b) => b.uses - a.uses);
      for (const one of others.values()) all.push(one);
      return { stored: all.slice(0, most), truncated: isMore || all.length > most };
    },
  };
}

/** All that is known of what memory has no more, or must not use. */
function gone(place: string, uses: number): HotKey {
  const [key = place, variant = ''] = place.split('\0');
  const nothing = { url: null, route: null, status: null, bytes: null, memory: null, age: null, ttl: null };
  return { key, variant, ...nothing, tags: null, uses: Math.round(uses) };
}
