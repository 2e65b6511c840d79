import type { Load, LoadResult } from './load.ts';
import { openConnection, type RawConnection } from './raw-connection.ts';
import { readRequests } from './request-plan.ts';

// A process: load-each LOAD, which is JSON. Sends each request of the file once, so that its answer is
// stored afterwards. Prints how many were answered, as JSON.

const { url, connections, file } = JSON.parse(process.argv[2] ?? '') as Load;
const requests = readRequests(file);
let next = 0;
let bytes = 0;
let answered = 0;
let errors = 0;

const began = performance.now();
await Promise.all(
  Array.from({ length: Math.min(connections, requests.length) }, async () => {
    let connection: RawConnection | undefined;
    await new Promise<void>((resolve, reject) => {
      openConnection(url, reject).then((opened) => {
        connection = opened;
        const ask = () => {
          const request = requests[next++];
          if (request === undefined) return resolve();
          opened.ask(request, (answer) => {
            answered++;
            bytes += answer.bytes;
            if (answer.status >= 400) errors++;
            ask();
          });
        };
        ask();
      }, reject);
    });
    connection?.close();
  }),
);
const seconds = (performance.now() - began) / 1000;
const none = { p50: 0, p99: 0, p999: 0, slowest: 0 };
const figures: LoadResult = {
  requests: answered,
  requestsPerSecond: answered / seconds,
  ...none,
  bytes,
  errors,
};
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
