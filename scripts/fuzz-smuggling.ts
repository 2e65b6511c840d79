// npx tsx scripts/fuzz-smuggling.ts [--streams 1000000] [--seed N] [--from N]: streams of requests that two parsers could
// read in two ways, through both doors and both readers to an upstream whose bytes are read by the letter and by every known
// leniency. It ends at the first that somebody reads otherwise, with the least of it; `--seed S --from N --streams 1`
// repeats one, beside the others of its batch.

import { parseArgs } from 'node:util';
import { streamOf } from '../test/security/grammar/generator.ts';
import { BATCH, openTheatre } from '../test/security/grammar/run.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    from: { type: 'string', default: '0' },
  },
});
const [seed, from, count] = [Number(values.seed), Number(values.from), Number(values.streams)];

const theatre = await openTheatre();
const started = performance.now();
const run = { streams: 0, requests: 0, answered: 0, sentOn: 0 };
const show = (): void => {
  const perSecond = Math.round((run.streams * 1000) / (performance.now() - started));
  console.log(
    `${run.streams} streams (${perSecond} a second) with ${run.requests} requests for a strict reader: ` +
      `${run.answered} answered, ${run.sentOn} of all stages’ sent on`,
  );
};

console.log(`seed ${seed}`);
for (let first = from - (from % BATCH); first < from + count; first += BATCH) {
  const streams = Array.from({ length: BATCH }, (_, i) => streamOf(seed, first + i));
  const isCrowded = (first / BATCH) % 4 === 0;
  const { findings, batches } = await theatre.play(streams, { isCrowded, looksAfter: 0.2 });
  const [finding] = findings;
  if (finding !== undefined) {
    show();
    console.log(await theatre.tell(finding));
    process.exit(1);
  }
  run.streams += BATCH;
  for (const { reading, got } of batches[0]?.played ?? []) {
    run.requests += reading.requests.length;
    run.answered += got.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
  }
  for (const { upstream } of batches) for (const { requests } of upstream) run.sentOn += requests.length;
  if ((first / BATCH) % 200 === 199) show();
}
show();
const { user, system } = process.cpuUsage();
console.log(`${Math.round((user + system) / 1e6)} s of the processor’s time; nobody reads otherwise`);
await theatre.close();
