import type { Holder } from './plain-lru.ts';
import { zipf } from './zipf.ts';

/** Asks for a product: true for a hit; what was not there is stored. */
export type Ask = (product: number) => boolean;

/** What one stored response of the workloads takes, and so how many fit. */
export interface Scale {
  readonly fitting: number;
  /** URLs of a crawl. */
  readonly crawled: number;
}

/** Hit rates (0 to 1) in the order of its columns. */
export type Run = (ask: Ask, scale: Scale) => number[];

export interface Workload {
  readonly name: string;
  readonly columns: readonly string[];
  readonly run: Run;
}

/** Share of the memory that the hot set takes. */
const HOT_SHARE = 0.7;
const DRAWN = 200_000;
/** Hot requests in which the time before, after and since is measured. */
const WINDOW = 20_000;
/** Products that nothing else asks for. */
const CRAWLED_FROM = 10_000_000;
const ANOTHER_SET = 5_000_000;

/** Endless, by Zipf's law. */
function hotRequests(keys: number): () => number {
  const drawn = zipf(keys, DRAWN);
  let next = 0;
  return () => drawn[next++ % DRAWN] ?? 0;
}

function rate(ask: Ask, count: number, product: () => number): number {
  let hits = 0;
  for (let i = 0; i < count; i++) if (ask(product())) hits++;
  return hits / count;
}

/** `perHot` requests of the crawl come to each one for the hot set; it asks for each URL `times` times in a row. */
function crawl(perHot: number, times: number): Workload {
  return {
    name: `crawl, ${perHot}:1${times === 1 ? '' : `, each URL ${times} times`}`,
    columns: ['before', 'during', 'after'],
    run(ask, { fitting, crawled }) {
      const hot = hotRequests(Math.floor(fitting * HOT_SHARE));
      rate(ask, 10 * fitting, hot);
      const before = rate(ask, WINDOW, hot);
      let [due, asked, hits] = [0, 0, 0];
      for (let url = 0; url < crawled; url++) {
        for (let i = 0; i < times; i++) ask(CRAWLED_FROM + url);
        for (due += times / perHot; due >= 1; due--) {
          asked++;
          if (ask(hot())) hits++;
        }
      }
      // What was lost is fetched again at the first request: only these tell.
      return [before, hits / asked, rate(ask, WINDOW / 10, hot)];
    },
  };
}

/** All in turn, again and again. */
function loop(share: number): Workload {
  return {
    name: `loop over ${share} times the memory`,
    columns: ['hits'],
    run(ask, { fitting }) {
      const length = Math.floor(fitting * share);
      let next = 0;
      const product = () => next++ % length;
      rate(ask, 20 * length, product);
      return [rate(ask, 10 * length, product)];
    },
  };
}

const shift: Workload = {
  name: 'another hot set',
  columns: ['before', 'first 20,000 requests', 'next 20,000', 'next 20,000'],
  run(ask, { fitting }) {
    const hot = hotRequests(Math.floor(fitting * HOT_SHARE));
    rate(ask, 10 * fitting, hot);
    const before = rate(ask, WINDOW, hot);
    const other = () => ANOTHER_SET + hot();
    return [before, ...[1, 2, 3].map(() => rate(ask, WINDOW, other))];
  },
};

/** The most popular product is another one after each `every` requests. */
function drift(every: number): Workload {
  return {
    name: `a new favourite every ${every} requests`,
    columns: ['hits'],
    run(ask, { fitting }) {
      const drawn = hotRequests(6 * fitting);
      let asked = 0;
      const product = () => ANOTHER_SET - Math.floor(asked++ / every) + drawn();
      rate(ask, 30 * fitting, product);
      return [rate(ask, 30 * fitting, product)];
    },
  };
}

const catalogue: Workload = {
  name: 'a catalogue of 10 times the memory, by Zipf’s law',
  columns: ['hits'],
  run(ask, { fitting }) {
    const drawn = hotRequests(10 * fitting);
    rate(ask, DRAWN, drawn);
    return [rate(ask, DRAWN, drawn)];
  },
};

const fill: Workload = {
  name: 'nothing asked for twice',
  columns: ['of the memory in use'],
  run(ask, { fitting }) {
    for (let i = 0; i < 4 * fitting; i++) ask(i);
    let held = 0;
    // What came last first; the first one that is gone takes the place of another.
    for (let i = 4 * fitting - 1; i >= 0 && ask(i); i--) held++;
    return [held / fitting];
  },
};

export const WORKLOADS: readonly Workload[] = [
  crawl(1, 1),
  crawl(10, 1),
  crawl(100, 1),
  crawl(10, 2),
  crawl(100, 2),
  crawl(10, 4),
  loop(1.1),
  loop(2),
  shift,
  drift(2_000),
  drift(200),
  drift(20),
  catalogue,
  fill,
];

/** Asks a holder as a client would; `make` gives what the upstream answers. */
export function askOf(holder: Holder, make: (product: number) => Parameters<Holder['put']>): Ask {
  return (product) => {
    const made = make(product);
    if (holder.peek(made[0]) !== undefined) return true;
    holder.put(...made);
    return false;
  };
}
