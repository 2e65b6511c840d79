// npx tsx scripts/fuzz-doors.ts [--streams 1000000] [--sockets 20000] [--seed N] [--from N]: what the fast door
// answers against node's parser, in memory, then both doors against each other over loopback. It ends at the first
// difference, with the least stream that shows it; `--seed S --from N --streams 1` repeats one.

import { parseArgs } from 'node:util';
import { openDoors } from '../test/downstream/fuzz/compare.ts';
import { type Run, runFuzz } from '../test/downstream/fuzz/run.ts';
import { randomOf, streamOf } from '../test/downstream/fuzz/stream.ts';

const BATCH = 256;

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000000' },
    sockets: { type: 'string' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    from: { type: 'string', default: '0' },
  },
});
const [seed, from, count] = [Number(values.seed), Number(values.from), Number(values.streams)];
const overSockets = Number(values.sockets ?? Math.floor(count / 50));

const started = performance.now();
const perSecond = (streams: number, since: number) =>
  `${Math.round((streams * 1000) / (performance.now() - since))} a second`;
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
const show = ({ streams, requests, accepted, handedOn }: Readonly<Run>): void =>
  console.log(
    `${streams} streams of ${requests} requests, ${perSecond(streams, started)}: ` +
      `${accepted} requests answered (${percent(accepted, requests)}), ` +
      `${handedOn} connections handed on (${percent(handedOn, streams)})`,
  );

console.log(`seed ${seed}`);
const run = await runFuzz({ seed, from, count, onProgress: show });
show(run);
const { user, system } = process.cpuUsage();
console.log(`${Math.round((user + system) / 1e6)} s of the processor's time`);
const finding = run.finding ?? (await compareDoors());
console.log(finding ?? 'no difference');
process.exit(finding === undefined ? 0 : 1);

async function compareDoors(): Promise<string | undefined> {
  const since = performance.now();
  const doors = await openDoors();
  for (let first = from; first < from + overSockets; first += BATCH) {
    const streams = Array.from({ length: BATCH }, (_, i) => streamOf(seed, first + i));
    const why = await doors.differ(streams, randomOf(seed, first));
    if (why !== undefined) return why;
  }
  console.log(`${overSockets} streams over loopback, ${perSecond(overSockets, since)}`);
  return undefined;
}
