import autocannon from 'autocannon';
import type { Load, LoadResult } from './load.ts';
import { cycle, readRequests } from './request-plan.ts';

// A process: load-autocannon LOAD, which is JSON. Prints its figures as JSON.

const { url, seconds, connections, file, turn } = JSON.parse(process.argv[2] ?? '') as Load;
const next = cycle(readRequests(file), turn);

/** Method, path and fields of a request as it is sent. */
function parse(text: string): { method: 'GET'; path: string; headers: Record<string, string> } {
  const [first = '', ...lines] = text.trimEnd().split('\r\n');
  const fields = lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
  return { method: 'GET', path: first.split(' ')[1] ?? '/', headers: Object.fromEntries(fields) };
}

const result = await autocannon({
  url,
  duration: seconds,
  connections,
  requests: [{ setupRequest: (request) => ({ ...request, ...parse(next()) }) }],
});

const figures: LoadResult = {
  requests: result.requests.total,
  requestsPerSecond: result.requests.total / result.duration,
  p50: result.latency.p50,
  p99: result.latency.p99,
  p999: result.latency.p99_9,
  slowest: result.latency.max,
  bytes: result.throughput.total,
  errors: result.errors + result['4xx'] + result['5xx'],
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
