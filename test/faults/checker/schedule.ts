import { setTimeout as delay } from 'node:timers/promises';
import { type Check, type Counts, createCheck, randomOrder, randomRead } from './check.ts';
import type { Fault } from './faults.ts';
import { randomFrom } from './random.ts';
import type { Replica } from './replica.ts';
import { LEASE } from './running.ts';
import { HOST, HOT, PRODUCTS, type Shop } from './shop.ts';

/** CACHESIDE_SEED repeats the decisions of a run (its timing is the machine's); CACHESIDE_CHECK_MS makes it longer. */
const { CACHESIDE_SEED = '20250301', CACHESIDE_CHECK_MS } = process.env;
export const SEED = Number(CACHESIDE_SEED);

export interface Run {
  readonly replicas: readonly Replica[];
  readonly shop: Shop;
  readonly faults: readonly Fault[];
  /** Overridden by CACHESIDE_CHECK_MS; ms. */
  readonly duration: number;
  /** Whether there was enough to see; where not, a slow machine is given longer. */
  readonly enough: (counts: Counts) => boolean;
}

export interface Report {
  readonly violations: readonly string[];
  /** The last of what happened. */
  readonly lines: readonly string[];
  readonly counts: Counts;
  readonly became: Check['verdict']['became'];
  /** From a receipt to the last replica that applied it, while nothing was wrong; ms. */
  readonly lag: { readonly samples: number; readonly p50: number; readonly p99: number };
}

/** How long nothing goes wrong at first, ms. */
const QUIET = 1_500;
/** How many times as long a run may take until there was enough to see. */
const PATIENCE = 4;
/** How long they have to agree again at the end, ms. */
const REST = 15_000;
/** A run of more than this, ms, is a long one. */
const LONG = 20_000;
const READERS = 6;
const CHANGERS = 3;

/** Reads, writes and purges at random, while now and then something goes wrong. */
export async function runSchedule({ replicas, shop, faults, duration, enough }: Run): Promise<Report> {
  const random = randomFrom(SEED);
  const check = createCheck(replicas, shop);
  const { history, verdict, counts } = check;
  const until = Number(CACHESIDE_CHECK_MS ?? duration);
  const over = () => {
    if (history.violations.length > 0) return true;
    return history.now > until && (enough(counts) || history.now > PATIENCE * until);
  };
  const lags: number[] = [];
  const takesSeveral = await probe(replicas);

  const read = async (): Promise<void> => {
    const { id, fields } = randomRead(random, HOT, shop);
    await check.read(random.pick(replicas), id, fields);
  };

  const measure = async (order: Parameters<Check['purge']>[1], taker: Replica): Promise<void> => {
    const receipt = await check.purge(taker, { ...order, wait: undefined, soft: false });
    const position = receipt?.position;
    if (position === undefined) return;
    const from = performance.now();
    /** Nobody is asked any more once something may have gone wrong with who answers. */
    const isBehind = async (replica: Replica): Promise<boolean> => {
      const state = await replica.use((running) => running.state()).catch(() => undefined);
      return history.now < QUIET && (state === undefined || state.applied < position);
    };
    await Promise.all(
      replicas.map(async (replica) => {
        while (replica !== taker && (await isBehind(replica))) await delay(0);
      }),
    );
    // Not where something went wrong meanwhile.
    if (history.now < QUIET) lags.push(performance.now() - from);
  };

  const change = async (): Promise<void> => {
    const replica = random.pick(replicas);
    if (replica.restarting) return;
    if (random.chance(0.4)) return check.write(replica, random.below(PRODUCTS));
    const order = randomOrder(random, { takesSeveral });
    if (history.now < QUIET && random.chance(0.5)) return measure(order, replica);
    await check.purge(replica, order);
  };

  const goWrong = async (): Promise<void> => {
    const fault = random.pick(faults);
    counts.faults++;
    history.note(`fault: ${fault.name}`);
    if (fault.loses === 'end') verdict.disturb();
    await fault.run(random);
    if (fault.loses !== 'nothing') {
      // Each looks for its own appends as often as it looks at the end of the log.
      await delay(LEASE);
      verdict.calm();
    }
    history.note('fault is over');
  };

  /** In a long run now and then long enough for receipts that say `all`. */
  const untilNext = () =>
    until > LONG && random.chance(0.25) ? 5_500 + random.below(2_000) : 200 + random.below(500);

  const forAsLong = async (step: () => Promise<unknown>, pause: () => number): Promise<void> => {
    while (!over()) {
      await step();
      const ms = pause();
      if (ms > 0) await delay(ms);
    }
  };
  const look = (replica: Replica) =>
    forAsLong(
      async () => {
        await check.watch(replica);
        if (verdict.unsettled(replica.name).length > 0) await check.settle(replica);
      },
      () => 15,
    );

  await Promise.all(replicas.map((replica) => check.watch(replica)));
  await Promise.all([
    ...Array.from({ length: READERS }, () =>
      forAsLong(read, () => (random.chance(0.2) ? random.below(10) : 0)),
    ),
    ...Array.from({ length: CHANGERS }, () => forAsLong(change, () => random.below(60))),
    ...replicas.map(look),
    delay(QUIET).then(() => forAsLong(goWrong, untilNext)),
  ]);

  await comeToRest(check, replicas);
  for (const replica of history.violations.length === 0 ? replicas : []) {
    for (let id = 0; id < PRODUCTS; id++) await check.read(replica, id, { host: HOST });
    for (const line of replica.running.faults()) history.violated(`${replica.name} logged ${line}`);
  }
  return {
    violations: history.violations,
    lines: history.lines,
    counts,
    became: verdict.became,
    lag: { samples: lags.length, p50: quantile(lags, 0.5), p99: quantile(lags, 0.99) },
  };
}

/** Everything that was promised holds everywhere in the end. */
async function comeToRest(check: Check, replicas: readonly Replica[]): Promise<void> {
  const { history, verdict } = check;
  const deadline = performance.now() + REST;
  while (history.violations.length === 0) {
    const settled = await Promise.all(replicas.map(check.settle));
    await Promise.all(replicas.map(check.watch));
    if (settled.every(Boolean) && verdict.open === 0) return;
    if (performance.now() > deadline) {
      const states = await Promise.all(replicas.map(({ running }) => running.state()));
      history.violated(`they do not agree again: ${verdict.open} open, ${JSON.stringify(states)}`);
    }
    await delay(20);
  }
}

/** Whether several purges and a wait can be asked for in one call. */
async function probe([first]: readonly Replica[]): Promise<boolean> {
  const order = { wait: '10ms', purges: [{ tag: 'nobody-has-it' }] };
  const receipt = await first?.running.purge(order);
  return receipt?.status === 200 || receipt?.status === 202;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100
  );
}
