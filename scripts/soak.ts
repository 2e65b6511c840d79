// npm run soak [-- --minutes 20 --rate 400 --every 4]: two replicas of the built bin/cacheside with one Redis in front of a
// shop, under mixed load, while every few seconds something goes wrong: the upstream, Redis, the links to it, crowds of odd
// clients, reloads, restarts. Every body says what it is and in which version, and is compared byte by byte. Ends with 1
// where an answer was wrong or too old, where a failure had no fault to explain it, where Cacheside logged a mistake of its
// own, or where the memory or the descriptors of the replica that went through all of it grew.

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/fixtures/redis-server.ts';
import { hangUp, send } from './demo/request.ts';
import { faultsOf } from './soak/faults.ts';
import { runLoad } from './soak/load.ts';
import { openShop } from './soak/shop.ts';
import { type Side, startSide } from './soak/side.ts';
import { createTally } from './soak/tally.ts';
import { watchSide } from './soak/watch.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    /** Requests a second. */
    rate: { type: 'string', default: '400' },
    /** Seconds from the end of one fault to the next, on average. */
    every: { type: 'string', default: '4' },
    /** Part of a fault's name: no others. */
    only: { type: 'string', default: '' },
  },
});
const LOOK_EVERY = 5_000;
/** At the beginning nothing goes wrong, nor at the end. ms. */
const CALM = 5_000;
/** How long they may take to come to rest at the end, ms. */
const REST = 15_000;

const begun = performance.now();
const until = begun + Number(values.minutes) * 60_000;
const isOver = () => performance.now() > until;

const tally = createTally();
const shop = await openShop();
const redis = await startRedis();
const faultLines = new Map<string, number>();
const onLine = (side: string, { level, msg, err }: Record<string, unknown>): void => {
  if (!(level === 'error' || level === 'fatal' || Number(level) >= 50)) return;
  const text = `${side} logged: ${msg}`;
  faultLines.set(text, (faultLines.get(text) ?? 0) + 1);
  if (faultLines.get(text) === 1) tally.wrong(`${text} ${JSON.stringify(err ?? '').slice(0, 500)}`);
};
const steady = await startSide('A', shop.url, redis, onLine);
const other = await startSide('B', shop.url, redis, onLine);
const watch = watchSide(steady);

async function goWrong(): Promise<void> {
  const faults = faultsOf({ shop, redis, sides: [steady, other] }).filter(({ name }) =>
    name.includes(values.only),
  );
  // Each has its turn, in another order every round.
  for (let round = [...faults]; !isOver(); ) {
    await delay(CALM / 2 + Math.random() * (2 * Number(values.every) * 1_000 - CALM / 2));
    if (performance.now() > until - 2 * CALM) return;
    if (round.length === 0) round = [...faults];
    const [fault] = round.splice(Math.floor(Math.random() * round.length), 1);
    if (fault === undefined) return;
    const explanation = tally.begin(fault.name, fault.explains);
    await fault.run();
    explanation.ended = performance.now();
  }
}

const look = setInterval(() => {
  const { rss, descriptors } = watch.look();
  const seconds = Math.round((performance.now() - begun) / 1_000);
  if (seconds % 30 >= LOOK_EVERY / 1_000) return;
  const asked = [...tally.counts.values()].reduce((sum, count) => sum + count, 0);
  const last = [...tally.faults.keys()].at(-1) ?? 'nothing yet';
  console.log(
    `${seconds} s: ${asked} answers right, ${tally.problems.length} problems; A takes ${rss.toFixed(0)} MiB, ` +
      `${descriptors} descriptors; newest kind of fault: ${last}`,
  );
}, LOOK_EVERY);

/** Whatever happened, nothing is left under way in the end. */
async function comeToRest(side: Side): Promise<void> {
  const deadline = performance.now() + REST;
  for (;;) {
    if (!side.child.running) return tally.wrong(`${side.name} ended`);
    const { text } = await send({ url: `${side.admin}/stats` });
    const { requests, exchanges } = JSON.parse(text).admission;
    if (requests === 0 && exchanges === 0) return;
    const left = `${requests} requests and ${exchanges} exchanges with the upstream`;
    if (performance.now() > deadline) return tally.wrong(`${side.name} still has ${left}`);
    await delay(100);
  }
}

try {
  await Promise.all([
    runLoad({ shop, sides: [steady, other], tally, rate: Number(values.rate), isOver }),
    delay(CALM).then(goWrong),
  ]);
  clearInterval(look);
  await Promise.all([steady, other].map(comeToRest));
  for (const grew of watch.growth()) tally.wrong(`A grew: ${grew}`);
} finally {
  clearInterval(look);
  await Promise.allSettled([steady.stop(), other.stop()]);
  await redis.kill();
  hangUp();
  await shop.shut().catch(() => {});
}

const table = (title: string, counts: ReadonlyMap<string, number>): void => {
  console.log(`\n${title}`);
  for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`  ${count} × ${name}`);
};
table('answers, each compared to what the upstream gave', tally.counts);
table('faults', tally.faults);
table('failed requests, each explained by a fault', tally.explained);
table('errors in the log', faultLines);
console.log(`\n${shop.asked} requests at the upstream\nA: ${watch.summary}\n`);
for (const problem of tally.problems) console.log(`PROBLEM ${problem}`);
console.log(tally.problems.length === 0 ? 'nothing wrong' : `${tally.problems.length} problems`);
process.exit(tally.problems.length === 0 ? 0 : 1);
