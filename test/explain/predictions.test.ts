import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { Explanation } from '../../src/admin/explanation.ts';
import { loadConfig } from '../../src/config/load.ts';
import { isSafe } from '../../src/policy/request.ts';
import type { Answer, Ask } from '../fixtures/sidecar.ts';
import { fakeClock, start } from '../proxy/start.ts';

/*
 * What an explanation foretells is compared with what comes: each row asks for one, then sends the very request.
 */

const DOCUMENT = `
clients: { max-requests: 10000 }
routes:
  - { name: never, match: /never/*, cache: false }
  - { name: posts, match: POST /ruled/* }
  - { name: named, match: /named, when: { host: shop.example, query: { a: true }, headers: { x-kind: [one, two] } } }
  - name: ruled
    match: /ruled/*
    ttl: 60s
    status-ttl: { 404: 10s }
    key: { query: { exclude: [utm_*] }, sort-query: true, headers: [x-tenant], cookies: [cart] }
    request-fields: { strip: [x-noise], forward: [x-vouched] }
    stale-while-revalidate: 10s
    stale-if-error: 100s
    response: { cache-status-key: true }
  - name: plain
    match: /plain/*
    ttl: 60s
    max-ttl: 120s
    max-body: 1KiB
    vary: { limit: 2 }
  - { name: parts, match: /parts/*, ttl: 60s, range: part }
  - { name: coded, match: /coded/*, ttl: 60s, compress: [gzip] }
  - { name: strict, match: /strict/*, ttl: 60s, request-cache-control: ignore, cookies: strip }
  - { name: open, match: /open/*, request-fields: { unknown: ignore }, cookies: ignore }
  - { name: busy, match: /busy/*, ttl: 60s, concurrency: { limit: 1, queue: 0 } }
  - { name: search, match: /search, ttl: 60s, no-vary-search: respect }
`;

/** What the origin answers, by `x-answer` of the path: `Name: value` pairs of the query's `f`. */
function answer(req: IncomingMessage, res: ServerResponse, count: number): void {
  const url = new URL(req.url ?? '', 'http://a');
  const script = SCRIPTS[url.pathname.split('/').at(-1) ?? ''];
  res.sendDate = false;
  if (script === undefined) return void res.end(`answer ${count}`);
  script(req, res);
}

const fields =
  (given: Readonly<Record<string, string>>, status = 200, body = 'body') =>
  (req: IncomingMessage, res: ServerResponse) => {
    const isKnown = given['ETag'] !== undefined && req.headers['if-none-match'] === given['ETag'];
    res.writeHead(isKnown ? 304 : status, given);
    res.end(isKnown || req.method === 'HEAD' ? undefined : body);
  };

const SCRIPTS: Readonly<Record<string, (req: IncomingMessage, res: ServerResponse) => void>> = {
  aged: fields({ 'Cache-Control': 'max-age=30', Age: '10' }),
  long: fields({ 'Cache-Control': 's-maxage=1000, stale-while-revalidate=5' }),
  private: fields({ 'Cache-Control': 'private' }),
  secret: fields({ 'Cache-Control': 'no-store' }),
  cookie: fields({ 'Set-Cookie': 'sid=verysecret; Path=/' }),
  star: fields({ Vary: '*' }),
  vary: fields({ Vary: 'Accept-Language' }),
  many: fields({ Vary: 'A, B, C' }),
  gone: fields({}, 404),
  broken: fields({}, 500),
  huge: fields({}, 200, 'x'.repeat(2_000)),
  tagged: fields({ 'Cache-Control': 'no-cache', ETag: '"1"' }),
  valid: fields({ 'Cache-Control': 'max-age=5, must-revalidate', ETag: '"1"' }),
  stale: fields({ 'Cache-Control': 'max-age=0' }),
  limited: fields({}, 429),
  public: fields({ 'Cache-Control': 'public, max-age=60' }),
  expires: fields({ Date: 'Mon, 01 Jan 2024 00:00:00 GMT', Expires: 'Mon, 01 Jan 2024 00:01:00 GMT' }),
  search: fields({ 'No-Vary-Search': 'params=("b")' }),
};

interface Row {
  readonly id: string;
  readonly path: string;
  readonly ask?: Pick<Ask, 'method' | 'headers' | 'body'> & { readonly headers?: Record<string, string> };
  /** How often the request is sent before. */
  readonly before?: number;
  /** What is done in between, and what else is asked for. */
  readonly meanwhile?: readonly (
    | 'purge'
    | 'soft'
    | number
    | { readonly path: string; readonly headers?: Record<string, string> }
  )[];
  /** Of the explanation: what it says beside what comes. */
  readonly expect: RegExp;
  readonly advice?: readonly (string | null)[];
}

const ROWS: readonly Row[] = [
  { id: 'Expires', path: '/open/expires', before: 1, expect: /hit; ttl=/ },
  { id: 'nothing is stored', path: '/ruled/a', expect: /fwd=uri-miss/ },
  { id: 'a hit', path: '/ruled/b', before: 1, expect: /hit; ttl=60/ },
  { id: 'a hit of some age', path: '/ruled/aged', before: 1, meanwhile: [5], expect: /hit; ttl=15/ },
  { id: 'a HEAD from a GET', path: '/ruled/b', ask: { method: 'HEAD' }, expect: /hit/ },
  { id: 'a HEAD of nothing', path: '/ruled/head', ask: { method: 'HEAD' }, expect: /fwd=uri-miss/ },
  { id: 'the query in another order', path: '/ruled/b?z=1&a=2&utm_x=3', before: 1, expect: /hit/ },
  {
    id: 'another value of a keyed field',
    path: '/ruled/b',
    ask: { headers: { 'x-tenant': 't' } },
    expect: /fwd=uri-miss/,
  },
  { id: 'a keyed cookie', path: '/ruled/b', ask: { headers: { cookie: 'cart=1' } }, expect: /fwd=uri-miss/ },
  {
    id: 'a cookie beside it',
    path: '/ruled/b',
    ask: { headers: { cookie: 'cart=1; sid=2' } },
    expect: /fwd=bypass; detail=cookie/,
    advice: ['routes[3].key.cookies', 'routes[3].cookies'],
  },
  {
    id: 'credentials',
    path: '/ruled/b',
    ask: { headers: { authorization: 'Bearer verysecret' } },
    expect: /detail=authorization/,
    advice: [null, 'routes[3].key.headers'],
  },
  {
    id: 'an unknown field',
    path: '/ruled/b',
    ask: { headers: { 'x-odd': '1' } },
    expect: /"unkeyed-field x-odd"/,
    advice: ['routes[3].key.headers', 'routes[3].request-fields.strip', 'routes[3].request-fields.forward'],
  },
  {
    id: 'a stripped, a vouched and a routing field',
    path: '/ruled/b',
    ask: { headers: { 'x-noise': '1', 'x-vouched': '1', 'x-original-url': '/' } },
    expect: /hit/,
  },
  {
    id: 'a precondition',
    path: '/ruled/b',
    ask: { headers: { 'if-match': '"1"' } },
    expect: /detail=precondition/,
  },
  {
    id: 'a body on a GET',
    path: '/ruled/b',
    ask: { headers: { 'content-length': '2' }, body: 'ab' },
    expect: /detail=request-body/,
    advice: [null],
  },
  {
    id: 'a body that is too long',
    path: '/ruled/b',
    ask: { headers: { 'content-length': '2000000' }, body: 'x'.repeat(2_000_000) },
    expect: /detail=request-too-large/,
  },
  { id: 'a write', path: '/plain/write', ask: { method: 'POST' }, expect: /fwd=method/ },
  { id: 'no route', path: '/nowhere/12', expect: /detail=no-route/, advice: ['routes'] },
  {
    id: 'a route that does not cache',
    path: '/never/a',
    before: 1,
    expect: /detail=rule-pass/,
    advice: ['routes[0].cache', null, 'routes[0].ttl'],
  },
  {
    id: 'a header condition that is not met',
    path: '/named?a=1',
    ask: { headers: { host: 'shop.example' } },
    expect: /detail=no-route/,
  },
  {
    id: 'a header condition that is met',
    path: '/named?a=1',
    ask: { headers: { host: 'shop.example', 'x-kind': 'two' } },
    expect: /x-kind/,
  },
  {
    id: 'a private response',
    path: '/plain/private',
    before: 1,
    expect: /detail=response-private/,
    advice: [null, 'routes[4].unsafe.store-private'],
  },
  {
    id: 'no-store',
    path: '/plain/secret',
    before: 1,
    expect: /detail=response-no-store/,
    advice: [null, 'routes[4].unsafe.store-no-store'],
  },
  {
    id: 'a cookie that is set',
    path: '/plain/cookie',
    before: 1,
    expect: /detail=set-cookie/,
    advice: [null, 'routes[4].unsafe.store-without-set-cookie'],
  },
  { id: 'Vary: *', path: '/plain/star', before: 1, expect: /detail=vary-star/, advice: [null] },
  {
    id: 'Vary of too much',
    path: '/plain/many',
    before: 1,
    expect: /detail=vary-limit/,
    advice: [null, 'routes[4].vary.limit'],
  },
  {
    id: 'a variant',
    path: '/plain/vary',
    ask: { headers: { 'accept-language': 'de' } },
    before: 1,
    expect: /hit/,
  },
  {
    id: 'no such variant',
    path: '/plain/vary',
    ask: { headers: { 'accept-language': 'fr' } },
    expect: /fwd=vary-miss/,
  },
  {
    id: 'a status without a lifetime',
    path: '/plain/gone',
    before: 1,
    expect: /detail=status/,
    advice: ['routes[4].status-ttl'],
  },
  { id: 'a status with one', path: '/ruled/gone', before: 1, expect: /hit; ttl=10/ },
  { id: 'an error', path: '/plain/broken', before: 1, expect: /fwd=uri-miss; fwd-status=500; detail=status/ },
  { id: 'too many requests', path: '/plain/limited', before: 1, expect: /detail=status/ },
  {
    id: 'a body too long to store',
    path: '/plain/huge',
    before: 1,
    expect: /stored/,
    advice: ['routes[4].max-body'],
  },
  {
    id: 'stale at once',
    path: '/plain/stale',
    before: 1,
    expect: /detail=already-stale/,
    advice: [null, 'routes[4].origin'],
  },
  {
    id: 'no lifetime at all',
    path: '/open/a',
    before: 1,
    expect: /detail=no-freshness/,
    advice: [null, 'routes[8].ttl'],
  },
  {
    id: 'a lifetime that is bounded',
    path: '/plain/long',
    before: 1,
    meanwhile: [130],
    expect: /fwd=stale.*ttl=-10|fwd=uri-miss/,
  },
  { id: 'no-cache', path: '/plain/tagged', before: 1, expect: /fwd=stale/, advice: ['routes[4].origin'] },
  { id: 'must be validated', path: '/plain/valid', before: 1, meanwhile: [10], expect: /fwd=stale/ },
  {
    id: 'stale and renewed',
    path: '/ruled/renewed',
    before: 1,
    meanwhile: [65],
    expect: /hit.*ttl=-5.*while-revalidating/,
  },
  {
    id: 'stale for longer',
    path: '/ruled/later',
    before: 1,
    meanwhile: [100],
    expect: /fwd=stale; ttl=-40|fwd=uri-miss/,
  },
  { id: 'purged', path: '/plain/purged', before: 1, meanwhile: ['purge'], expect: /detail=purged/ },
  {
    id: 'softly purged',
    path: '/plain/soft',
    before: 1,
    meanwhile: ['soft'],
    expect: /detail=soft-purged/,
    advice: ['routes[4].stale-while-revalidate'],
  },
  {
    id: 'softly purged, with a window',
    path: '/ruled/soft',
    before: 1,
    meanwhile: ['soft'],
    expect: /while-revalidating/,
  },
  {
    id: 'the client asks past it',
    path: '/plain/c',
    ask: { headers: { 'cache-control': 'no-cache' } },
    before: 1,
    expect: /fwd=request.*detail=request-directive/,
    advice: ['routes[4].request-cache-control'],
  },
  {
    id: 'the client asks past it in vain',
    path: '/strict/c',
    ask: { headers: { 'cache-control': 'no-cache', cookie: 'a=1' } },
    before: 1,
    expect: /hit/,
  },
  {
    id: 'only what is stored',
    path: '/plain/only',
    ask: { headers: { 'cache-control': 'only-if-cached' } },
    expect: /detail=only-if-cached/,
  },
  { id: 'a part', path: '/plain/d', ask: { headers: { range: 'bytes=0-1' } }, before: 1, expect: /hit/ },
  {
    id: 'a part by itself',
    path: '/parts/a',
    ask: { headers: { range: 'bytes=0-1' } },
    expect: /detail=range/,
    advice: ['routes[5].range'],
  },
  {
    id: 'the identity refused',
    path: '/coded/a',
    ask: { headers: { 'accept-encoding': 'identity;q=0' } },
    expect: /detail=identity-refused/,
  },
  {
    id: 'credentials where the upstream decides',
    path: '/open/b',
    ask: { headers: { authorization: 'x' } },
    before: 1,
    expect: /detail=authorization/,
  },
  {
    id: 'credentials that the upstream lets share',
    path: '/open/public',
    ask: { headers: { authorization: 'x' } },
    before: 1,
    expect: /hit/,
  },
  { id: 'an equal query', path: '/search?a=1&b=2', meanwhile: [{ path: '/search?a=1&b=1' }], expect: /hit/ },
  { id: 'an unequal one', path: '/search?a=2&b=2', expect: /fwd=uri-miss/ },
  {
    id: 'of some age when it arrives',
    path: '/ruled/aged?k=1',
    before: 1,
    meanwhile: [200],
    expect: /fwd=stale; fwd-status=200; stored; ttl=20/,
  },
];

t.test('what is foretold is what comes', async (t) => {
  const clock = fakeClock();
  const { sidecar, ask } = await start(t, DOCUMENT, answer, { clock });
  const outcomes = async (): Promise<Record<string, number>> =>
    JSON.parse((await sidecar.admin('/stats')).text).outcomes;

  for (const { id, path, ask: given = {}, before = 0, meanwhile = [], expect, advice } of ROWS) {
    for (let i = 0; i < before; i++) await ask(path, given);
    for (const step of meanwhile) {
      if (step === 'purge' || step === 'soft') await sidecar.purge({ url: path, soft: step === 'soft' });
      else if (typeof step === 'number') clock.advance(step);
      else if (typeof step === 'object') await ask(step.path, step);
    }
    const { host = new URL(sidecar.url).host, ...headers } = given.headers ?? {};
    const order = { url: path, host, method: given.method ?? 'GET', headers };
    const asked = await sidecar.admin('/explain', order);
    t.equal(asked.status, 200, `${id}: ${asked.text.slice(0, 200)}`);
    t.notMatch(asked.text, 'verysecret', `${id}: no secret is told`);
    const told: Explanation = JSON.parse(asked.text);
    const earlier = await outcomes();
    const came = await ask(path, given);
    const later = await outcomes();
    compare(t, id, told, came);
    const [word] = Object.keys(later).filter((one) => later[one] !== earlier[one]);
    t.equal(told.prediction.outcome, word, `${id}: the outcome`);
    t.match(`${told.prediction.cacheStatus} ${told.prediction.asLastTime?.cacheStatus}`, expect, id);
    if (advice)
      t.same(
        told.advice.map((one) => one.path),
        advice,
        `${id}: advice`,
      );
    for (const { snippet } of told.advice) if (snippet !== null) loads(t, id, snippet);
  }
});

/** Exactly, as far as it can be known before the upstream answers. */
function compare(t: Test, id: string, { prediction, request, upstream }: Explanation, came: Answer): void {
  const { kind, asLastTime, cacheStatus, status } = prediction;
  if (kind !== 'forwarded') {
    t.equal(came.cacheStatus, cacheStatus, `${id}: Cache-Status`);
    // A part or a 304 is the client's own affair.
    return void t.equal(came.status, status, `${id}: status`);
  }
  if (asLastTime !== null) {
    t.equal(came.cacheStatus, asLastTime.cacheStatus, `${id}: Cache-Status, as last time`);
    // Of what is stored nobody knows any more whether it came with its length, without which it is sent whole.
    const isUnknown = upstream?.from !== 'unstored' && request.fields.some(({ name }) => name === 'range');
    return isUnknown ? undefined : void t.equal(came.status, asLastTime.status, `${id}: status`);
  }
  const known = (cacheStatus ?? '').split('; ').filter((part) => !/^(ttl|detail|key)=/.test(part));
  t.same(
    known.filter((part) => !came.cacheStatus.split('; ').includes(part)),
    [],
    `${id}: ${cacheStatus} of ${came.cacheStatus}`,
  );
}

function loads(t: Test, id: string, snippet: string): void {
  const text = `upstream: http://127.0.0.1:3000\n${snippet}`;
  const readFile = () => text;
  t.doesNotThrow(() => loadConfig({ file: 'a.yaml', flags: {}, env: {}, readFile }), `${id}: ${snippet}`);
}

/** What requests may say, each now and then. */
const SAID: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['accept-language', ['de', 'fr', 'de;q=0.5, fr']],
  ['accept-encoding', ['gzip', 'identity;q=0', 'br;q=1, *;q=0']],
  ['cookie', ['cart=1', 'cart=2; sid=3', 'other=1']],
  ['authorization', ['Bearer a']],
  ['cache-control', ['no-cache', 'max-age=1', 'only-if-cached', 'max-stale', 'no-store', 'min-fresh=50']],
  ['range', ['bytes=0-1', 'bytes=3000-', 'bytes=x']],
  ['if-none-match', ['"1"', '*', '"2"']],
  ['if-modified-since', ['Mon, 01 Jan 2024 00:00:00 GMT']],
  ['x-tenant', ['a', 'b']],
  ['x-odd', ['1']],
  ['x-vouched', ['1']],
  ['origin', ['http://a.example']],
  ['x-forwarded-host', ['evil.example']],
];
const PLACES = ['ruled', 'plain', 'parts', 'coded', 'strict', 'open', 'never', 'nowhere'];

t.test('whatever is asked, and however often', async (t) => {
  const { EXPLAIN_CASES, EXPLAIN_SEED } = process.env;
  const cases = Number(EXPLAIN_CASES ?? 100);
  const seed = Number(EXPLAIN_SEED ?? Math.floor(Math.random() * 1e9));
  t.comment(`EXPLAIN_SEED=${seed}`);
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const clock = fakeClock();
  const { sidecar, ask } = await start(t, DOCUMENT, answer, { clock });
  const outcomes = async (): Promise<Record<string, number>> =>
    JSON.parse((await sidecar.admin('/stats')).text).outcomes;
  const settled = async () => {
    // A renewal in the background is over before the next request is foretold.
    for (let last = -1, now = 0; last !== now; ) {
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 2));
      now = JSON.parse((await sidecar.admin('/stats')).text).admission.exchanges;
    }
  };
  for (let i = 0; i < cases; i++) {
    const path = `/${one(PLACES)}/${one(Object.keys(SCRIPTS))}${one(['', '', '?a=1', '?utm_x=1&b=2'])}`;
    const method = one(['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE']);
    const headers = Object.fromEntries(
      SAID.filter(() => below(8) === 0).map(([name, values]) => [name, one(values)] as const),
    );
    const times = below(3);
    for (let n = 0; n < times; n++)
      await ask(path, { method: 'GET', headers: below(2) === 0 ? headers : {} });
    clock.advance(one([0, 0, 1, 5, 31, 65, 170]));
    if (below(6) === 0) await sidecar.purge({ url: path, soft: below(2) === 0 });
    await settled();
    const order = { url: path, host: new URL(sidecar.url).host, method, headers };
    const id = `case ${i} of seed ${seed}: ${JSON.stringify(order)}`;
    const asked = await sidecar.admin('/explain', order);
    if (asked.status !== 200) return t.fail(`${id}: ${asked.text}`);
    const told: Explanation = JSON.parse(asked.text);
    const earlier = await outcomes();
    const came = await ask(path, { method, headers });
    const later = await outcomes();
    const [word] = Object.keys(later).filter((name) => later[name] !== earlier[name]);
    if (isSafe(method)) {
      compare(t, id, told, came);
      if (told.prediction.kind !== 'forwarded' || told.prediction.asLastTime !== null)
        t.equal(told.prediction.outcome, word, id);
    } else
      t.match(came.cacheStatus, /fwd=(?:method|bypass)/, id) &&
        t.match(came.cacheStatus, `fwd=${told.prediction.reason?.word}`, id);
    for (const { snippet } of told.advice) if (snippet !== null) loads(t, id, snippet);
  }
});
