import autocannon from 'autocannon';
import type { Load, LoadResult } from './load-generator.ts';

// A process: load-autocannon LOAD, which is JSON. Prints its figures as JSON.

const { url, seconds, connections, paths } = JSON.parse(process.argv[2] ?? '') as Load;
let asked = 0;
const nextPath = () => {
  asked++;
  if (paths.kind === 'one') return paths.path;
  return paths.prefix + (paths.kind === 'cycle' ? asked % paths.count : asked);
};

const result = await autocannon({
  url,
  duration: seconds,
  connections,
  requests: [
    paths.kind === 'one'
      ? { path: paths.path }
      : { setupRequest: (request) => ({ ...request, path: nextPath() }) },
  ],
});

const figures: LoadResult = {
  requests: result.requests.total,
  requestsPerSecond: result.requests.total / result.duration,
  p50: result.latency.p50,
  p99: result.latency.p99,
  errors: result.errors + result.non2xx,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
