import { setTimeout as delay } from 'node:timers/promises';
import { asCurl, type DemoRequest, type DemoResponse, send } from './request.ts';
import { paint, say } from './terminal.ts';

/** What one answer of the tour must be; gives the sentence to print where it is not. */
type Expectation = (response: DemoResponse) => string | undefined;

const status =
  (expected: number): Expectation =>
  ({ status }) =>
    status === expected ? undefined : `status ${expected} was expected, not ${status}`;

const hit: Expectation = ({ cacheStatus }) =>
  /;\s*hit(;|$)/.test(cacheStatus) ? undefined : 'an answer from the cache was expected';

const forwarded: Expectation = ({ cacheStatus }) =>
  /;\s*fwd=/.test(cacheStatus) ? undefined : 'an answer from the product API was expected';

const stored: Expectation = ({ cacheStatus }) =>
  /;\s*stored(;|$)/.test(cacheStatus) ? undefined : 'the answer was expected to be stored';

/** Redis is written behind the client's back and read within a time limit: on a busy machine the API may answer. */
const notFromMemory: Expectation = ({ cacheStatus }) =>
  cacheStatus.endsWith('; detail=memory') ? 'no answer from its own memory was expected' : undefined;

const showsPrice =
  (cents: number): Expectation =>
  ({ text }) =>
    text.includes(`"priceCents":${cents}`) ? undefined : `the price ${cents} was expected in the body`;

interface Tour {
  /** Where Cacheside listens, without a slash at the end. */
  readonly proxy: string;
  readonly admin: string;
  /** Another replica on the same Redis; undefined without Redis. */
  readonly replica: { readonly proxy: string; readonly admin: string } | undefined;
}

/** Takes the tour, printing each request as it is sent; resolves with the number of steps that failed. */
export async function takeTour({ proxy, admin, replica }: Tour): Promise<number> {
  let failures = 0;
  let steps = 0;
  const hits: number[] = [];
  const misses: number[] = [];

  const step = async (
    title: string,
    request: DemoRequest,
    ...expected: Expectation[]
  ): Promise<DemoResponse> => {
    steps++;
    say(`${paint('bold', `${String(steps).padStart(2)}. ${title}`)}`);
    say(`    ${paint('dim', '$')} ${asCurl(request)}`);
    const response = await send(request);
    const isHit = hit(response) === undefined;
    const cache = response.cacheStatus === '' ? '' : `Cache-Status: ${response.cacheStatus}`;
    const told = [
      String(response.status),
      paint(isHit ? 'green' : 'yellow', cache),
      paint('cyan', `${response.ms.toFixed(1)} ms`),
    ];
    say(`    ${told.filter((part) => part !== '').join('  ')}`);
    if (request.json !== undefined && cache === '') say(`    ${onOneLine(response.text)}`);
    if (isHit) hits.push(response.ms);
    else if (request.method === undefined && cache !== '') misses.push(response.ms);
    const wrong = expected.map((expectation) => expectation(response)).filter((text) => text !== undefined);
    if (wrong.length > 0) {
      failures++;
      say(`    ${paint('red', `FAILED: ${wrong.join('; ')}`)}`);
    }
    say();
    return response;
  };

  const product: DemoRequest = { url: `${proxy}/products/42` };
  const list: DemoRequest = { url: `${proxy}/products?category=bicycles&limit=5` };

  const first = await step(
    'A product for the first time: asked of the API, and stored',
    product,
    status(200),
    forwarded,
    stored,
  );
  await step('Again: from memory', product, status(200), hit);
  await step('A list that shows this product', list, status(200), forwarded, stored);
  await step('The list again', list, status(200), hit);
  const etag = String(first.headers.etag ?? '');
  await step(
    'A client that has it already',
    { ...product, headers: { 'If-None-Match': etag } },
    status(304),
    hit,
  );

  const {
    id: _,
    createdAt: __,
    updatedAt: ___,
    ...input
  } = JSON.parse(first.text) as { priceCents: number } & Record<string, unknown>;
  const price = input.priceCents + 100;
  const update: DemoRequest = { method: 'PUT', url: product.url, json: { ...input, priceCents: price } };
  await step(
    'Its price is changed: through the proxy, which then forgets product and lists',
    update,
    status(200),
    forwarded,
  );
  await step('The product is fetched anew', product, status(200), forwarded, showsPrice(price));
  await step('So is the list', list, status(200), forwarded, showsPrice(price));
  await step('And is stored again', list, status(200), hit, showsPrice(price));

  // The Host is part of the key: both replicas are asked as the one service that they are.
  const there = { url: `${replica?.proxy}/products/42`, headers: { Host: new URL(proxy).host } };
  if (replica !== undefined) {
    await step('A second replica has never seen the product: Redis has', there, status(200), notFromMemory);
  }
  const purge: DemoRequest = { method: 'POST', url: `${admin}/purge`, json: { tag: 'product-42' } };
  const purged = await step('An operator purges everything tagged with the product', purge, status(200));
  await step('It is fetched anew', product, status(200), forwarded);
  if (replica !== undefined) {
    await untilApplied(replica.admin, JSON.parse(purged.text).position);
    await step(
      'The second replica has dropped its copy as well, and takes the new one from Redis or the API',
      there,
      status(200),
      notFromMemory,
    );
  }

  await step(
    'A header that no rule knows could change the answer: past the cache, and it says why',
    { ...product, headers: { 'X-Tenant': 'blue' } },
    status(200),
    forwarded,
  );
  failures += await crowd(proxy, ++steps);

  await rush(proxy, hits, misses);
  const stats = await step('What Cacheside counted', { url: `${admin}/stats` }, status(200));
  const { hitRate } = JSON.parse(stats.text) as { hitRate: number };
  say(`    hit ratio  ${(hitRate * 100).toFixed(1)} %`);
  say(`    mean hit   ${mean(hits).toFixed(2)} ms over ${hits.length}`);
  say(`    mean miss  ${mean(misses).toFixed(2)} ms over ${misses.length}`);
  return failures;
}

const CROWD = 50;

/** Many clients at once for a product that nobody has asked for; resolves with 1 where the crowd got through to the API. */
async function crowd(proxy: string, number: number): Promise<number> {
  const url = `${proxy}/products/77`;
  say(
    paint(
      'bold',
      `${String(number).padStart(2)}. ${CROWD} clients at once, for a product that is not stored`,
    ),
  );
  const responses = await Promise.all(Array.from({ length: CROWD }, () => send({ url })));
  const answered = responses.filter(({ status }) => status === 200).length;
  const asked = responses.filter(({ cacheStatus }) => /;\s*fwd-status=/.test(cacheStatus)).length;
  say(`    ${CROWD} × GET ${url}`);
  say(`    ${answered} answers, ${asked} of them asked of the API; the others waited for it`);
  say();
  return answered === CROWD && asked < CROWD / 10 ? 0 : 1;
}

/** Waits until a replica has applied the purge log up to `position`; throws after 5 s. */
async function untilApplied(admin: string, position: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline) {
    const { purges } = JSON.parse((await send({ url: `${admin}/stats` })).text);
    if (purges.applied >= position) return;
    await delay(20);
  }
  throw new Error('The second replica did not hear of the purge.');
}

function onOneLine(json: string): string {
  const text = json.replaceAll(/\s+/g, ' ').trim();
  return text.length > 150 ? `${text.slice(0, 150)} …` : text;
}

/** Ten products read ten times each, one request after the other. */
async function rush(proxy: string, hits: number[], misses: number[]): Promise<void> {
  for (let n = 0; n < 100; n++) {
    const response = await send({ url: `${proxy}/products/${101 + (n % 10)}` });
    (hit(response) === undefined ? hits : misses).push(response.ms);
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
