import t, { type Test } from 'tap';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Sidecar, startSidecar, type Wire } from '../fixtures/sidecar.ts';

/** What the fast door refuses to read (ADR 1) goes to node:http to the last byte, wherever in a connection it comes. */
const HOST = 'Host: a.test\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const CLOSE = get('/last', 'Connection: close\r\n');
const body = Array.from({ length: 3_000 }, (_, i) => `${i} `).join('');
const chunked = `${(1_000).toString(16)}\r\n${body.slice(0, 1_000)}\r\n3;x=y\r\nabc\r\n0\r\nX: 1\r\n\r\n`;
const EXPECT = 'Expect: 100-continue\r\n';
const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';

interface Odd {
  readonly id: string;
  readonly given: string;
  /** Of all its answers. */
  readonly expect: readonly number[];
  /** Its connection ends with it. */
  readonly ends?: boolean;
}

/** Lawful, and not plain. */
const LAWFUL: readonly Odd[] = [
  { id: 'an upload', given: `POST /up HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}` },
  {
    id: 'an upload in chunks',
    given: `PUT /up HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
  },
  { id: 'a POST of nothing', given: `POST /up HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n` },
  { id: 'a GET with a body', given: `${get('/a', 'Content-Length: 3\r\n')}abc` },
  { id: 'a GET that announces none', given: get('/a', 'Content-Length: 0\r\n') },
  { id: 'another method', given: `DELETE /a HTTP/1.1\r\n${HOST}\r\n` },
  { id: 'absolute-form', given: `GET http://a.test/a HTTP/1.1\r\n${HOST}\r\n` },
  {
    id: 'another word about the connection',
    given: get('/a', 'Connection: keep-alive, x-hop\r\nX-Hop: 1\r\n'),
  },
  { id: 'an upgrade that is none', given: get('/a', 'Upgrade: x\r\n') },
  { id: 'an offer of h2c', given: get('/a', H2C) },
  { id: 'two offers of h2c', given: get('/a', `${H2C}Upgrade: h2c\r\n`) },
  {
    id: 'an offer of h2c with a body',
    given: `POST /up HTTP/1.1\r\n${HOST}${H2C}Content-Length: 3\r\n\r\nabc`,
  },
  {
    id: 'an offer of h2c with a body in chunks',
    given: `PUT /up HTTP/1.1\r\n${HOST}${H2C}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
  },
  { id: 'Proxy-Connection', given: get('/a', 'Proxy-Connection: keep-alive\r\n') },
  { id: 'an announced trailer', given: get('/a', 'Trailer: X\r\n') },
  { id: 'bytes beyond ASCII', given: get('/a', 'X: \xe4\xff\r\n') },
  { id: 'an empty line in front', given: `\r\n${get('/a')}` },
].map((odd) => ({ ...odd, expect: [200] }));

const ENDING: readonly Odd[] = [
  { id: 'Connection: close', given: get('/a', 'Connection: close\r\n'), expect: [200] },
  { id: 'Proxy-Connection: close', given: get('/a', 'Proxy-Connection: close\r\n'), expect: [200] },
  { id: 'HTTP/1.0', given: `GET /a HTTP/1.0\r\n${HOST}\r\n`, expect: [200] },
  { id: 'an offer of h2c that closes', given: get('/a', `${H2C}Connection: close\r\n`), expect: [200] },
  { id: 'an offer of h2c with two Hosts', given: get('/a', H2C + HOST), expect: [400] },
  { id: 'another version', given: `GET /a HTTP/2.0\r\n${HOST}\r\n`, expect: [505] },
  { id: 'an unknown method', given: `get /a HTTP/1.1\r\n${HOST}\r\n`, expect: [400] },
  { id: 'TRACE', given: `TRACE /a HTTP/1.1\r\n${HOST}\r\n`, expect: [405] },
  { id: 'an asterisk', given: `GET * HTTP/1.1\r\n${HOST}\r\n`, expect: [400] },
  { id: 'an expectation', given: get('/a', 'Expect: x\r\n'), expect: [417] },
  { id: 'NUL in a value', given: get('/a', 'X: a\0b\r\n'), expect: [400] },
  { id: 'DEL in a value', given: get('/a', 'X: \x7f\r\n'), expect: [400] },
  { id: 'a bare LF', given: get('/a', 'X: 1\nY: 1\r\n'), expect: [400] },
  { id: 'a bare CR', given: get('/a', 'X: 1\rY: 1\r\n'), expect: [400] },
  { id: 'a folded line', given: get('/a', 'X: 1\r\n 2\r\n'), expect: [400] },
  { id: 'a space before the colon', given: get('/a', 'X : 1\r\n'), expect: [400] },
  { id: 'no name', given: get('/a', ': 1\r\n'), expect: [400] },
  { id: 'beyond ASCII in the target', given: get('/\xe4'), expect: [400] },
  { id: 'a fragment', given: get('/a#b'), expect: [400] },
  { id: 'dot segments', given: get('/a/../b'), expect: [400] },
  { id: 'two Hosts', given: get('/a', HOST), expect: [400] },
  { id: 'no Host', given: 'GET /a HTTP/1.1\r\n\r\n', expect: [400] },
  { id: 'two lengths', given: get('/a', 'Content-Length: 0\r\nContent-Length: 3\r\n'), expect: [400] },
  {
    id: 'a length and a coding',
    given: get('/a', 'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n'),
    expect: [400],
  },
  { id: 'too many lines', given: get('/a', 'X: 1\r\n'.repeat(100)), expect: [431] },
  { id: 'a head too large', given: get('/a', `X: ${'a'.repeat(17_000)}\r\n`), expect: [431] },
  { id: 'a target too long', given: get(`/${'a'.repeat(9_000)}`), expect: [414] },
  { id: 'no HTTP at all', given: '\x16\x03\x01\x02\x00\x01\x00', expect: [400] },
].map((odd) => ({ ...odd, ends: true }));

const ODD = [...LAWFUL, ...ENDING];

/** Around the odd one: how many plain requests, and in how many pieces what begins with it comes. */
const PLACES: readonly { id: string; before: number; pieces: number }[] = [
  { id: 'first', before: 0, pieces: 1 },
  { id: 'first, in pieces', before: 0, pieces: 3 },
  { id: 'behind plain ones', before: 3, pieces: 1 },
  { id: 'behind plain ones, in pieces', before: 2, pieces: 4 },
];

interface Behind {
  readonly origin: Origin;
  readonly sidecar: Sidecar;
}

async function behind(t: Test, fast: boolean): Promise<Behind> {
  const origin = await startOrigin(
    (req, res) => {
      res.sendDate = false;
      res.setHeader('Cache-Control', req.url === '/stored' ? 'max-age=3600' : 'no-store');
      const said = `${req.method} ${req.url} ${origin.requests.at(-1)?.body}`;
      const answer = () => res.end(said);
      // Long enough for what is behind to come while it is under way.
      if (req.url === '/slow') setTimeout(answer, 5);
      else answer();
    },
    { recordBodies: true },
  );
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, `fast-door: ${fast}\n`);
  t.teardown(() => sidecar.close());
  await sidecar.ask('/stored', { headers: { host: 'a.test' } });
  return { origin, sidecar };
}

/** What differs between two runs whatever is done. */
const plain = (wire: string) =>
  wire
    .replaceAll(/^(date|x-request-id|age): .*\r\n/gim, '')
    .replaceAll(/"requestId":"[^"]*"/g, '')
    .replaceAll(/(?<=problem\+json\r\n(?:Cache-Control: no-store\r\n)?Content-Length: )\d+/g, '…')
    .replaceAll(/(?<=; ttl=)-?\d+/g, '…');

/** All that is answered, and what reached the upstream. */
async function play(
  { sidecar, origin }: Behind,
  { given, ends = false }: Odd,
  place: (typeof PLACES)[number],
) {
  const seen = origin.requests.length;
  const wire = sidecar.connect();
  const rest = given + (ends ? '' : get('/stored') + CLOSE);
  wire.send([get('/stored'), get('/slow'), get('/stored')].slice(0, place.before).join(''));
  await sendIn(wire, rest, place.pieces);
  const text = plain(await wire.closed);
  const reached = origin.requests.slice(seen).map(({ method, url, rawHeaders, body }) => {
    const fields = rawHeaders.filter((_, i, all) => !/^(?:host|x-request-id)$/i.test(all[i & ~1] ?? ''));
    return `${method} ${url} ${fields} ${body}`;
  });
  return {
    text,
    // node:http begins safe ones together.
    reached: reached.sort(),
    statuses: [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)),
  };
}

async function sendIn(wire: Wire, text: string, pieces: number): Promise<void> {
  const size = Math.ceil(text.length / pieces);
  for (let at = 0; at < text.length; at += size) {
    wire.send(text.slice(at, at + size));
    for (let turns = 0; turns < 4 && pieces > 1; turns++) await new Promise(setImmediate);
  }
}

/** node:http leaves out a refusal while it is not done with the answers before. */
const REFUSAL = /HTTP\/1\.1 4\d\d [^\r]*\r\n(?:[^\r]+\r\n)*Connection: close\r\n(?:[^\r]+\r\n)*\r\n\{.*\}\n$/;

t.test('what is handed on loses nothing', async (t) => {
  const [fast, node] = [await behind(t, true), await behind(t, false)];
  for (const place of PLACES) {
    t.test(place.id, async (t) => {
      for (const odd of ODD) {
        const [byFast, byNode] = await Promise.all([play(fast, odd, place), play(node, odd, place)]);
        const around = { before: Array(place.before).fill(200), behind: odd.ends ? [] : [200, 200] };
        t.same(byFast.statuses, [...around.before, ...odd.expect, ...around.behind], odd.id);
        t.same(byFast.reached, byNode.reached, `${odd.id}: the upstream is asked the same`);
        const given = REFUSAL.test(byNode.text) ? byFast.text : byFast.text.replace(REFUSAL, '');
        t.equal(given, byNode.text, `${odd.id}: the answers are the same`);
      }
    });
  }
});

t.test('what answers more than once', async (t) => {
  const { sidecar, origin } = await behind(t, true);
  const wire = sidecar.connect();
  wire.send(`${get('/stored')}POST /up HTTP/1.1\r\n${HOST}${EXPECT}Content-Length: 3\r\n\r\n`);
  await wire.until(/HTTP\/1\.1 100 Continue\r\n\r\n$/);
  wire.send(`abc${get('/stored')}${CLOSE}`);
  t.match(await wire.closed, /100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*POST \/up abc/);
  t.equal(origin.requests.at(-2)?.body?.toString(), 'abc');
});
