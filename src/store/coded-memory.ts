import type { Coding } from '../policy/content-coding.ts';
import { type CodedForm, formsOf, isResponse, type StoredResponse } from '../policy/stored-response.ts';
import type { Encode } from './encoder.ts';
import type { MemoryTier } from './ports.ts';

export interface CodedMemoryOptions {
  /** Codings to make of a stored response, by the rule that stored it; none where it is not to be coded. */
  readonly codingsFor: (stored: StoredResponse) => readonly Coding[];
  /** False where no rule compresses, so that a put costs nothing more. */
  readonly isWanted?: () => boolean;
  readonly encode: Encode;
  /** Told of an encoder that failed; the stored response is served as it is. */
  readonly onFailure?: (error: unknown) => void;
  /** Stored responses that may wait for their turn. */
  readonly queue?: number;
}

/** What became of bodies, one count for each coding asked for; `dropped` counts stored responses. All only grow. */
interface CodingCounts {
  readonly made: number;
  /** Not enough smaller to be kept. */
  readonly useless: number;
  readonly failed: number;
  /** Too many waited: tried again at the next hit. */
  readonly dropped: number;
  /** Replaced, evicted or removed meanwhile, or too large to keep with what was made. */
  readonly discarded: number;
}

/** A memory tier whose stored responses get their coded forms soon after they were put. */
export interface CodedMemory {
  readonly memory: MemoryTier;
  /** Puts what memory has under this key in line for its coded forms, unless somebody tried before. */
  offer(key: string): void;
  readonly counts: CodingCounts;
  /** Begins nothing more. */
  stop(): void;
}

const QUEUE = 1_000;

/** A coded body takes at most this share of the identity's bytes, or is not worth its place. */
const USEFUL = 0.9;

/** Bodies under way: the threads do other work too, and a small machine has as many cores. */
const AT_ONCE = 2;

/**
 * Has coded forms made of what is put into a memory tier: fetched, freshened, promoted. They belong to one stored
 * response and live and die with it: they are made of its body, attached to what has that very body in the same place
 * when they are ready, and counted with it. One that takes its place with the same body takes them over (304).
 */
export function createCodedMemory(tier: MemoryTier, options: CodedMemoryOptions): CodedMemory {
  const { codingsFor, isWanted = () => true, encode, onFailure, queue: limit = QUEUE } = options;
  const counts = { made: 0, useless: 0, failed: 0, dropped: 0, discarded: 0 };
  /** Keys alone: what is evicted while it waits is not kept alive. */
  const waiting = new Set<string>();
  let underWay = 0;
  let isWoken = false;
  let isStopped = false;

  const held = (key: string): StoredResponse | undefined => {
    const stored = tier.glance(key);
    return stored !== undefined && isResponse(stored) ? stored : undefined;
  };

  const makeForms = async (body: Uint8Array, codings: readonly Coding[]): Promise<CodedForm[]> => {
    const forms: CodedForm[] = [];
    for (const coding of codings) {
      try {
        const coded = await encode(coding, body);
        if (coded.byteLength <= body.byteLength * USEFUL) forms.push({ coding, body: coded });
        else counts.useless++;
      } catch (error) {
        counts.failed++;
        onFailure?.(error);
      }
    }
    return forms;
  };

  const take = async (key: string): Promise<void> => {
    const stored = held(key);
    if (stored === undefined || formsOf(stored) !== undefined) return;
    const { body } = stored;
    const forms = await makeForms(body, codingsFor(stored));
    const now = held(key);
    const isSame = now !== undefined && now.body === body && codingsFor(now).length > 0;
    if (isSame && tier.attach(key, now, forms)) counts.made += forms.length;
    else counts.discarded += forms.length;
  };

  const work = (): void => {
    isWoken = false;
    for (const key of waiting) {
      if (underWay >= AT_ONCE || isStopped) return;
      waiting.delete(key);
      underWay++;
      void take(key).finally(() => {
        underWay--;
        wake();
      });
    }
  };

  /** Not before the answer that is being put together has gone out. */
  const wake = (): void => {
    if (isWoken || isStopped || waiting.size === 0) return;
    isWoken = true;
    setImmediate(work);
  };

  const enqueue = (key: string): void => {
    if (isStopped) return;
    if (waiting.size >= limit && !waiting.has(key)) {
      counts.dropped++;
      return;
    }
    waiting.add(key);
    wake();
  };

  /** Undefined where nobody tried, or where it was not to be coded then. */
  const formsMade = (stored: StoredResponse): readonly CodedForm[] | undefined =>
    codingsFor(stored).length > 0 ? formsOf(stored) : undefined;

  const prepare = (key: string, before: StoredResponse | undefined): void => {
    const stored = held(key);
    if (stored === undefined || codingsFor(stored).length === 0) return;
    const forms = before?.body === stored.body ? formsMade(before) : undefined;
    if (forms === undefined) enqueue(key);
    else tier.attach(key, stored, forms);
  };

  return {
    memory: {
      ...tier,
      put(key, stored, uselessAfter) {
        if (!isResponse(stored) || !isWanted()) return tier.put(key, stored, uselessAfter);
        const before = held(key);
        const isKept = tier.put(key, stored, uselessAfter);
        if (isKept) prepare(key, before);
        return isKept;
      },
    },
    offer(key) {
      const stored = held(key);
      if (stored === undefined || formsOf(stored) !== undefined) return;
      if (codingsFor(stored).length > 0) enqueue(key);
      // So that no hit asks again.
      else stored.coded = { of: stored, forms: [] };
    },
    counts,
    stop() {
      isStopped = true;
      waiting.clear();
    },
  };
}
