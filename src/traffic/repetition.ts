import { hashOf } from './simulated-tally.ts';

/** Lifetimes that are considered; ms. */
export const LIFETIMES = [10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000] as const;

/** How often the same was asked for again, by how long an answer would have been kept. */
export interface Repetition {
  /** Of each lifetime: requests that it would have spared, and all. */
  readonly spared: readonly number[];
  readonly requests: number;
  /** Of each lifetime: answers that came again within it, and those among them of another size. */
  readonly again: readonly number[];
  readonly changed: readonly number[];
}

export interface RepetitionCount extends Repetition {
  /** A request for this, at this time (ms); `bytes` undefined where the answer was no whole one. */
  add(key: string, time: number, bytes: number | undefined): void;
}

/** URLs that are followed. Beyond, by a hash, one in two, in four … stands for all. */
const MOST_FOLLOWED = 20_000;

interface Followed {
  readonly fetchedAt: number[];
  answeredAt: number;
  bytes: number | undefined;
}

export function createRepetition(): RepetitionCount {
  const followed = new Map<number, Followed>();
  const spared = LIFETIMES.map(() => 0);
  const again = LIFETIMES.map(() => 0);
  const changed = LIFETIMES.map(() => 0);
  let mask = 0;
  let requests = 0;

  return {
    spared,
    again,
    changed,
    get requests() {
      return requests;
    },
    add(key, time, bytes) {
      const hash = hashOf(key);
      if ((hash & mask) !== 0) return;
      requests++;
      const known = followed.get(hash);
      if (known === undefined) {
        followed.set(hash, { fetchedAt: LIFETIMES.map(() => time), answeredAt: time, bytes });
        if (followed.size <= MOST_FOLLOWED) return;
        mask = mask * 2 + 1;
        for (const other of followed.keys()) if ((other & mask) !== 0) followed.delete(other);
        return;
      }
      const isOther = bytes !== undefined && known.bytes !== undefined && bytes !== known.bytes;
      for (const [i, lifetime] of LIFETIMES.entries()) {
        if (time - (known.fetchedAt[i] ?? 0) < lifetime) spared[i] = (spared[i] ?? 0) + 1;
        else known.fetchedAt[i] = time;
        if (bytes === undefined || known.bytes === undefined || time - known.answeredAt > lifetime) continue;
        again[i] = (again[i] ?? 0) + 1;
        if (isOther) changed[i] = (changed[i] ?? 0) + 1;
      }
      if (bytes === undefined) return;
      known.bytes = bytes;
      known.answeredAt = time;
    },
  };
}

/** Of what an hour would spare. */
const ENOUGH = 0.9;
/** Of answers that came again, so many may have another size. */
const MOST_CHANGED = 0.01;

/** A lifetime (ms), and the share of requests that it would have spared. */
export interface Choice {
  readonly lifetime: number;
  readonly spared: number;
}

/** The shortest lifetime that spares nearly as much as the longest that hardly ever showed a change. */
export function chooseLifetime({ spared, again, changed, requests }: Repetition): Choice {
  const isSteady = LIFETIMES.map((_, i) => (changed[i] ?? 0) <= (again[i] ?? 0) * MOST_CHANGED);
  const firstUnsteady = isSteady.indexOf(false);
  const last = firstUnsteady < 0 ? LIFETIMES.length - 1 : Math.max(0, firstUnsteady - 1);
  const enough = (spared[last] ?? 0) * ENOUGH;
  const chosen = LIFETIMES.findIndex((_, i) => (spared[i] ?? 0) >= enough);
  return {
    lifetime: LIFETIMES[chosen] ?? LIFETIMES[0],
    spared: requests === 0 ? 0 : (spared[chosen] ?? 0) / requests,
  };
}
