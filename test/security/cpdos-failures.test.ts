import t from 'tap';
import { fakeClock } from '../proxy/start.ts';
import { type Stand, startHouse } from './cache-house.ts';
import { touchy } from './cpdos-upstream.ts';
import { inParallel } from './in-parallel.ts';

/*
 * Who makes the upstream fail, by fields that are too long or odd, makes nobody else get the failure. What each row
 * sends makes the upstream fail, and all failures could be stored, by their own fields or by the rule: the next
 * ordinary request must get what it asked for, and that must be shared.
 */

const RULED = 'ttl: 60s, status-ttl: { 3xx: 60s, 4xx: 60s, 5xx: 60s }';
const KINDS: Readonly<Record<string, string>> = {
  explicit: 'ttl: 60s',
  ruled: RULED,
  ignored: `origin: ignore, ${RULED}`,
  cookies: `${RULED}, cookies: ignore`,
  strip: `${RULED}, cookies: strip`,
  part: `${RULED}, range: part`,
  stale: `${RULED}, stale-while-revalidate: 60s, stale-if-error: 60s`,
};
const DOCUMENT = `clients: { max-head: 64KiB }\nroutes:\n${Object.entries(KINDS)
  .map(([kind, rest]) => `  - { name: ${kind}, match: /${kind}/*, ${rest} }\n`)
  .join('')}`;

interface Row {
  readonly id: string;
  /** Lines of fields, as they are sent. */
  readonly sends: string;
  readonly method?: string;
  readonly behind?: string;
}

const long = (characters: number) => 'a'.repeat(characters);
const NAMES = [
  'Accept',
  'Accept-Language',
  'User-Agent',
  'Referer',
  'Origin',
  'Baggage',
  'Sec-CH-UA',
  'Traceparent',
];
const ATTACKS = ["' or 1=1", '<script>', `\${jndi:ldap://a}`];

const ROWS: readonly Row[] = [
  // HHO: longer than the upstream takes, though not longer than we do.
  ...[...NAMES, 'X-Unknown', 'X-Forwarded-For', 'X-Host', 'Cookie', 'Authorization', 'If-None-Match'].flatMap(
    (name) =>
      [1_500, 9_000, 30_000].map((size) => ({
        id: `${name} of ${size}`,
        sends: `${name}: ${long(size)}\r\n`,
      })),
  ),
  { id: 'long in sum', sends: NAMES.map((name) => `${name}: ${long(400)}\r\n`).join('') },
  { id: 'long in lines of one field', sends: `Accept: ${long(150)}\r\n`.repeat(20) },
  { id: 'many fields', sends: Array.from({ length: 60 }, (_, i) => `X-${i}: 1\r\n`).join('') },
  { id: 'a long name', sends: `X-${long(1_600)}: 1\r\n` },
  // HMC: bytes that some refuse.
  ...['\xff', '\x80', '\xc3\xa4', 'a\xa0b'].flatMap((bytes) =>
    NAMES.map((name) => ({
      id: `${name} with ${encodeURIComponent(bytes)}`,
      sends: `${name}: ${bytes}\r\n`,
    })),
  ),
  // What filters refuse.
  ...ATTACKS.flatMap((attack) =>
    [
      ...NAMES,
      'Via',
      'Max-Forwards',
      'Date',
      'From',
      'Cookie',
      'X-Unknown',
      'X-Correlation-Id',
      'Save-Data',
      'Dnt',
    ].map((name) => ({
      id: `${name}: ${attack}`,
      sends: `${name}: ${name === 'Cookie' ? 'a=' : ''}${attack}\r\n`,
    })),
  ),
  // HMO, and what leads elsewhere.
  ...['POST', 'DELETE', 'HEAD', 'odd'].flatMap((method) =>
    [
      'X-HTTP-Method-Override',
      'X-HTTP-Method',
      'X-Method-Override',
      'X-Original-Method',
      'x_http_method_override',
    ].map((name) => ({ id: `${name}: ${method}`, sends: `${name}: ${method}\r\n` })),
  ),
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-Host', 'X-Forwarded-Prefix', 'X_Original_URL'].map((name) => ({
    id: name,
    sends: `${name}: /gone\r\n`,
  })),
  { id: 'X-Forwarded-Scheme', sends: 'X-Forwarded-Scheme: http\r\n' },
  { id: 'X-HTTP-Version', sends: 'X-HTTP-Version: 0.9\r\n' },
  { id: 'X-Middleware-Subrequest', sends: 'X-Middleware-Subrequest: middleware\r\n' },
  // Ranges, conditions, negotiation.
  ...['bytes=0-0', 'bytes=9-', 'bytes=-0', 'bytes=x', 'cows=1-2', `bytes=${'0-,'.repeat(300)}`].map(
    (range) => ({
      id: `Range: ${range.slice(0, 12)}`,
      sends: `Range: ${range}\r\n`,
    }),
  ),
  { id: 'If-Range', sends: 'Range: bytes=0-0\r\nIf-Range: odd\r\n' },
  ...['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'].map((name) => ({
    id: `an odd ${name}`,
    sends: `${name}: odd\r\n`,
  })),
  ...[
    'Accept',
    'Accept-Language',
    'Accept-Charset',
    'Accept-Encoding',
    'User-Agent',
    'Origin',
    'Referer',
  ].map((name) => ({
    id: `an odd ${name}`,
    sends: `${name}: odd\r\n`,
  })),
  {
    id: 'an odd one beside ordinary ones',
    sends: 'Accept: */*\r\nUser-Agent: odd\r\nAccept-Language: de\r\n',
  },
  // Of the connection, and with bodies.
  { id: 'Expect', sends: 'Expect: 100-continue\r\nContent-Length: 1\r\n', behind: 'a' },
  { id: 'Upgrade', sends: 'Connection: upgrade\r\nUpgrade: h2c\r\n' },
  { id: 'TE', sends: 'Connection: TE\r\nTE: trailers\r\n' },
  { id: 'a body', sends: 'Content-Length: 1\r\n', behind: 'a' },
  { id: 'a body in chunks', sends: 'Transfer-Encoding: chunked\r\n', behind: '1\r\na\r\n0\r\n\r\n' },
  { id: 'a HEAD', method: 'HEAD', sends: `User-Agent: odd\r\nX-Original-URL: /gone\r\n` },
  ...['OPTIONS', 'POST', 'PUT', 'PROPFIND'].map((method) => ({
    id: method,
    method,
    sends: `X-Unknown: ${long(3_000)}\r\n`,
  })),
  { id: 'past what is stored', sends: 'Cache-Control: no-cache\r\nUser-Agent: odd\r\n' },
];

/** Statuses that upstreams refuse a size, a byte or a pattern with. */
const REFUSALS = [400, 403, 404, 413, 431, 500];

/** Sends one row on a connection of its own, and waits for its answer's head. */
async function attack(
  { sidecar }: Stand,
  path: string,
  { sends, method = 'GET', behind = '' }: Row,
): Promise<string> {
  const wire = sidecar.connect();
  wire.send(`${method} ${path} HTTP/1.1\r\nHost: a.test\r\n${sends}\r\n${behind}`);
  const text = await wire.until(/HTTP\/1\.1 (?!100)\d{3} [\s\S]*?\r\n\r\n/);
  wire.socket.destroy();
  return /HTTP\/1\.1 (?!100)(\d{3})/.exec(text)?.[1] ?? '';
}

const ORDINARY = { host: 'a.test', accept: '*/*', 'user-agent': 'ordinary' };

/** Every row, on paths of its own; what the next one got that was not fine, and how many rows made the upstream fail. */
async function tried(stand: Stand, kind: string, rows: readonly Row[]): Promise<readonly [string[], number]> {
  const failed: string[] = [];
  let refused = 0;
  await inParallel([...rows.entries()], async ([i, row]) => {
    const path = `/${kind}/f${REFUSALS[i % REFUSALS.length]}/${i}`;
    if (Number(await attack(stand, path, row)) >= 300) refused++;
    const next = await stand.ask(path, { headers: ORDINARY });
    if (next.text !== 'fine') failed.push(`${row.id}: ${next.status} ${next.text}, ${next.cacheStatus}`);
    const after = await stand.ask(path, { headers: ORDINARY });
    if (after.text !== 'fine' || !/hit/.test(after.cacheStatus))
      failed.push(`${row.id}: then ${after.cacheStatus}`);
  });
  return [failed, refused];
}

t.test('the failure that one brings about is nobody else’s', async (t) => {
  const house = await startHouse(t, DOCUMENT, touchy);
  for (const [i, stand] of house.stands.entries()) {
    for (const [j, kind] of Object.keys(KINDS).entries()) {
      // All of them where it counts most, elsewhere a share.
      const isWhole = i === 0 && (kind === 'ruled' || kind === 'cookies');
      const rows = ROWS.filter((_, k) => isWhole || (k + i + j) % 12 === 0);
      const [failed, refused] = await tried(stand, kind, rows);
      t.strictSame(failed, [], `${stand.name}, ${kind}: ${rows.length} rows, ${refused} refused`);
      t.ok(refused > rows.length / 4);
    }
  }
});

t.test('nor where the upstream alone decides, as far as it is known what may lead to one', async (t) => {
  const house = await startHouse(t, 'clients: { max-head: 64KiB }\n', touchy);
  const rows = ROWS.filter(({ sends }) => !/X-(?:Unknown|\d|a{9})/.test(sends) || sends.length > 1_500);
  for (const [i, stand] of house.stands.entries()) {
    const [failed, refused] = await tried(
      stand,
      'a',
      i === 0 ? rows : rows.filter((_, k) => (k + i) % 12 === 0),
    );
    t.strictSame(failed, [], `${stand.name}: ${refused} refused`);
  }
});

t.test('what is stored stays of use while somebody makes its upstream fail', async (t) => {
  const clock = fakeClock();
  const house = await startHouse(t, DOCUMENT, touchy, { clock });
  const [stand] = house.stands;
  if (stand === undefined) return t.fail('no sidecar');
  const rows = ROWS.filter(
    ({ sends, method }) => method === undefined && !/^(?:Cookie|X-Unk|If-M|If-U)/.test(sends),
  );
  for (const i of rows.keys()) await stand.ask(`/explicit/f431/${i}`, { headers: ORDINARY });
  clock.advance(61);
  const [failed] = await tried(stand, 'explicit', rows);
  t.strictSame(failed, []);
});

t.test('an error may still be shared where nothing speaks against it', async (t) => {
  const house = await startHouse(t, DOCUMENT, (req, res) => {
    res.statusCode = Number(/\d{3}/.exec(req.url ?? '')?.[0]);
    res.end();
  });
  for (const { ask, name } of house.stands) {
    for (const status of [400, 403, 404, 410, 429, 500, 503]) {
      await ask(`/ruled/${status}`, { headers: ORDINARY });
      t.match(
        await ask(`/ruled/${status}`, { headers: ORDINARY }),
        { status, cacheStatus: /hit/ },
        `${name}: ${status}`,
      );
    }
    for (const status of [408, 411, 412, 413, 415, 417, 428, 431, 511]) {
      await ask(`/ruled/${status}`, { headers: ORDINARY });
      t.match(
        await ask(`/ruled/${status}`, { headers: ORDINARY }),
        { status, cacheStatus: /detail=status/ },
        `${name}: ${status}`,
      );
    }
  }
});
