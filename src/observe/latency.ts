/** Response times in ms; all but `count` are null while nothing was recorded. */
export interface LatencySnapshot {
  readonly count: number;
  readonly average: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface Latency {
  /** Takes one duration in ms. */
  record(duration: number): void;
  raw(): RawLatency;
}

/**
 * What was recorded, as plain data that another process can add up. Of each bucket that holds something its
 * place and its count; `sum` and `max` in µs.
 */
export interface RawLatency {
  readonly figures: 2 | 3;
  readonly places: Uint16Array;
  readonly counts: Float64Array;
  readonly sum: number;
  readonly max: number;
}

const HOUR_IN_US = 3_600_000_000;

/** Bits of a value that are told apart: of twice as many values as have that many decimal digits. */
const PRECISION: Record<2 | 3, number> = { 2: 8, 3: 11 };

const SUM = 0;
const MAX = 1;

/**
 * Records durations in µs, from 1 µs to one hour, longer ones as one hour. `figures` significant
 * decimal digits: 3 costs about 180 KiB of memory, 2 about 25 KiB.
 */
export function createLatency(figures: 2 | 3): Latency {
  const bits = PRECISION[figures];
  const counts = new Float64Array(placeOf(HOUR_IN_US, bits) + 1);
  const totals = new Float64Array(2);
  return {
    record(duration) {
      const rounded = Math.round(duration * 1000);
      const us = rounded > 0 ? Math.min(rounded, HOUR_IN_US) : 1;
      const place = placeOf(us, bits);
      counts[place] = (counts[place] as number) + 1;
      totals[SUM] = (totals[SUM] as number) + us;
      if (us > (totals[MAX] as number)) totals[MAX] = us;
    },
    raw() {
      const max = totals[MAX] as number;
      const end = max === 0 ? 0 : placeOf(max, bits) + 1;
      const places: number[] = [];
      for (let place = 0; place < end; place++) if (counts[place] !== 0) places.push(place);
      return {
        figures,
        places: Uint16Array.from(places),
        counts: Float64Array.from(places, (place) => counts[place] as number),
        sum: totals[SUM] as number,
        max,
      };
    },
  };
}

/** Adds up what was recorded with the same number of figures. */
export function addLatency(a: RawLatency, b: RawLatency): RawLatency {
  const counts = new Map<number, number>();
  for (const { places, counts: found } of [a, b]) {
    places.forEach((place, i) => {
      counts.set(place, (counts.get(place) ?? 0) + (found[i] as number));
    });
  }
  const places = Uint16Array.from(counts.keys()).sort();
  return {
    figures: a.figures,
    places,
    counts: Float64Array.from(places, (place) => counts.get(place) as number),
    sum: a.sum + b.sum,
    max: Math.max(a.max, b.max),
  };
}

/**
 * What was recorded after `before` and by `now`. Where a place holds less than before, as after the end of a process, nothing was.
 * `max` is as exact as the places are.
 */
export function subtractLatency(now: RawLatency, before: RawLatency): RawLatency {
  const { figures } = now;
  const held = new Map<number, number>();
  before.places.forEach((place, i) => {
    held.set(place, before.counts[i] as number);
  });
  const places: number[] = [];
  const counts: number[] = [];
  let [least, most] = [0, 0];
  now.places.forEach((place, i) => {
    const grown = (now.counts[i] as number) - (held.get(place) ?? 0);
    if (grown <= 0) return;
    places.push(place);
    counts.push(grown);
    least += grown * lowest(place, PRECISION[figures]);
    most += grown * highest(place, PRECISION[figures]);
  });
  const last = places.at(-1);
  return {
    figures,
    places: Uint16Array.from(places),
    counts: Float64Array.from(counts),
    // Another process's end takes its share of the sum away.
    sum: Math.min(most, Math.max(least, now.sum - before.sum)),
    max: last === undefined ? 0 : Math.min(now.max, highest(last, PRECISION[figures])),
  };
}

/** The figures over all of `parts` together. */
export function latencySnapshot(...parts: readonly RawLatency[]): LatencySnapshot {
  const [first, ...others] = parts;
  const { figures, places, counts, sum, max } = others.reduce(addLatency, first ?? NOTHING);
  const count = counts.reduce((total, held) => total + held, 0);
  if (count === 0) return { count: 0, average: null, p50: null, p90: null, p99: null, p999: null, max: null };
  const at = (percentile: number) => {
    // 99.9 per cent of 1,000 are 999, also where the product is a little more.
    let missing = Math.max(1, Math.ceil((percentile / 100) * count - 1e-6));
    for (let i = 0; i < places.length; i++) {
      missing -= counts[i] as number;
      if (missing <= 0) return Math.min(highest(places[i] as number, PRECISION[figures]), max) / 1000;
    }
    return max / 1000;
  };
  return {
    count,
    average: Math.round(sum / count) / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: max / 1000,
  };
}

const NOTHING: RawLatency = {
  figures: 2,
  places: new Uint16Array(0),
  counts: new Float64Array(0),
  sum: 0,
  max: 0,
};

/** Of a value below 2^32: exact below 2^bits, and the first `bits` bits of it above. */
function placeOf(value: number, bits: number): number {
  const dropped = Math.max(0, 32 - Math.clz32(value) - bits);
  return (dropped << (bits - 1)) + (value >>> dropped);
}

/** The lowest value that has this place. */
function lowest(place: number, bits: number): number {
  return place === 0 ? 0 : highest(place - 1, bits) + 1;
}

/** The highest value that has this place. */
function highest(place: number, bits: number): number {
  const half = 2 ** (bits - 1);
  const dropped = Math.max(0, Math.floor(place / half) - 1);
  return (place - dropped * half + 1) * 2 ** dropped - 1;
}
