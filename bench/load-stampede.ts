import type { Load, LoadResult } from './load.ts';
import { quantile } from './quantile.ts';
import { openConnection } from './raw-connection.ts';
import { cycle, readRequests } from './request-plan.ts';

// A process: load-stampede LOAD, which is JSON. Opens all connections first, then sends the file's first
// request on each of them at once. Times are those since the first was sent. Prints its figures as JSON.

const { url, connections, file, turn } = JSON.parse(process.argv[2] ?? '') as Load;
const request = cycle(readRequests(file), turn)();
let errors = 0;
const failed = () => {
  errors++;
};
const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(url, failed)));

const took: number[] = [];
let bytes = 0;
const began = performance.now();
await Promise.race([
  new Promise((resolve) => setTimeout(resolve, 10_000)),
  new Promise<void>((resolve) => {
    for (const connection of opened) {
      connection.ask(request, (answer) => {
        took.push(performance.now() - began);
        bytes += answer.bytes;
        if (answer.status >= 400) errors++;
        if (took.length === connections) resolve();
      });
    }
  }),
]);

const slowest = quantile(took, 1);
const figures: LoadResult = {
  requests: took.length,
  requestsPerSecond: (took.length / slowest) * 1000,
  p50: quantile(took, 0.5),
  p99: quantile(took, 0.99),
  p999: quantile(took, 0.999),
  slowest,
  bytes,
  errors: errors + connections - took.length,
};
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
