import type { Load } from './load.ts';
import { openConnection, type RawAnswer } from './raw-connection.ts';
import { readRequests, renderRequest } from './request-plan.ts';

// A process: load-stored LOAD UPSTREAM-URL, the load being JSON. Asks for what the file names from its end
// to its beginning, one request at a time, and tells by the upstream's own count which answers were stored.
// What was offered last is stored if anything is; asking for it first keeps it from being evicted by
// what is stored anew. Ends after MISSES in a row. Prints a StoredResult as JSON.

const MISSES = 200;

/** What is stored, and answers. */
export interface StoredResult {
  readonly responses: number;
  readonly bodyBytes: number;
}

const { url, file } = JSON.parse(process.argv[2] ?? '') as Load;
const upstreamUrl = process.argv[3] ?? '';

/** A function that asks on a connection of its own. */
async function asker(to: string): Promise<(request: string) => Promise<RawAnswer>> {
  const connection = await openConnection(to, (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  return (request) => new Promise((resolve) => connection.ask(request, resolve));
}

const ask = await asker(url);
const askUpstream = await asker(upstreamUrl);
const countRequest = renderRequest('/bench/requests');
const count = async () => Number((await askUpstream(countRequest)).body);

let bodyBytes = 0;
let responses = 0;
let misses = 0;
let before = await count();
for (const request of readRequests(file).reverse()) {
  const answer = await ask(request);
  const after = await count();
  if (after > before) {
    before = after;
    if (++misses === MISSES) break;
    continue;
  }
  misses = 0;
  responses++;
  bodyBytes += answer.bodyBytes;
}
const found: StoredResult = { responses, bodyBytes };
process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit());
