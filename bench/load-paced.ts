import type { LoadResult, PacedLoad } from './load.ts';
import { quantile } from './quantile.ts';
import { openConnection, type RawConnection } from './raw-connection.ts';
import { cycle, readRequests } from './request-plan.ts';

// A process: load-paced LOAD, which is JSON. Sends `rate` requests a second, each at its time, and measures
// from that time, also where no connection was free then: a server that stalls is not asked less often for
// it. It looks at the clock as often as it can and keeps its core busy. Prints its figures as JSON.

const { url, seconds, connections, file, turn, rate } = JSON.parse(process.argv[2] ?? '') as PacedLoad;
const next = cycle(readRequests(file), turn);
const took: number[] = [];
let bytes = 0;
let errors = 0;

/** Times at which requests were due that no connection was free for. */
const waiting: number[] = [];
const free: RawConnection[] = [];

function send(connection: RawConnection, due: number): void {
  connection.ask(next(), (answer) => {
    took.push(performance.now() - due);
    bytes += answer.bytes;
    if (answer.status >= 400) errors++;
    const late = waiting.shift();
    if (late === undefined) free.push(connection);
    else send(connection, late);
  });
}

const failed = () => {
  errors++;
};
for (let i = 0; i < connections; i++) free.push(await openConnection(url, failed));

const began = performance.now();
const total = Math.round(rate * seconds);
let sent = 0;
/** A server that does not answer any more is not waited for. */
const GRACE = 10_000;

function keepTime(): void {
  const now = performance.now();
  while (sent < total && began + (sent * 1000) / rate <= now) {
    const due = began + (sent++ * 1000) / rate;
    const connection = free.pop();
    if (connection === undefined) waiting.push(due);
    else send(connection, due);
  }
  const over = now > began + seconds * 1000 + GRACE;
  if (took.length < total && !over) setImmediate(keepTime);
  else finish();
}

function finish(): void {
  const elapsed = (performance.now() - began) / 1000;
  const figures: LoadResult = {
    requests: took.length,
    requestsPerSecond: took.length / elapsed,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    p999: quantile(took, 0.999),
    slowest: quantile(took, 1),
    bytes,
    errors: errors + total - took.length,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
}

keepTime();
