import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause } from './start.ts';

const OK = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nbody';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Where the answer itself begins. */
const FINAL = /HTTP\/1\.1 [2-5]\d\d /;

type Script = (socket: Socket, head: string, count: number) => void;

async function setUp(t: Test, door: Door, script: Script | string, document = '') {
  const upstream = await startRawUpstream(
    typeof script === 'string' ? (socket) => void socket.write(script, 'latin1') : script,
  );
  t.teardown(() => upstream.close());
  const own = `fast-door: ${door === 'fast'}\nupstream: { url: '${upstream.url}', head-timeout: 300ms }\n`;
  const sidecar = await startSidecar(upstream.url, own + document);
  t.teardown(async () => {
    await sidecar.close();
    const faults = sidecar.log.filter(({ level }) => Number(level) >= 50);
    if (faults.length > 0) throw new Error(`it logged ${JSON.stringify(faults)}`);
  });
  const ask = async (line: string, rest = '') => {
    const wire = sidecar.connect();
    wire.send(`${line} HTTP/1.1\r\nHost: a.test\r\n${rest}\r\n`);
    return wire;
  };
  /** All that came until the end of the answer. */
  const exchange = async (line: string, rest = '') => {
    const wire = await ask(line, rest);
    const text = await wire.until((text) => isWhole(text, line.startsWith('HEAD')));
    wire.socket.destroy();
    return text;
  };
  return { upstream, sidecar, ask, exchange };
}

function isWhole(text: string, isHead: boolean): boolean {
  const begin = text.search(FINAL);
  const end = text.indexOf('\r\n\r\n', begin);
  if (begin < 0 || end < 0) return false;
  const length = isHead ? 0 : Number(/content-length: (\d+)/i.exec(text.slice(begin, end))?.[1]);
  return text.length >= end + 4 + length;
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
const before = (text: string) => text.slice(0, text.search(FINAL));

const DOORS = ['fast', 'node:http'] as const;
type Door = (typeof DOORS)[number];

/** What an upstream sends in front of its answer, and what the client gets of it. */
const ROWS: readonly { id: string; rfc: string; given: string; expect: string }[] = [
  { id: 'none', rfc: '9110 §15.2', given: '', expect: '' },
  {
    id: '103 with fields',
    rfc: '8297 §2',
    given: HINTS,
    expect: 'HTTP/1.1 103 \r\nLink: </a.css>; rel=preload\r\n\r\n',
  },
  { id: '102', rfc: '9110 §15.2', given: 'HTTP/1.1 102 Processing\r\n\r\n', expect: 'HTTP/1.1 102 \r\n\r\n' },
  {
    id: 'several, an unknown one among them',
    rfc: '9110 §15.2',
    given:
      'HTTP/1.1 102 P\r\n\r\nHTTP/1.1 199 What\r\nX-A: 1\r\nX-A: 2\r\n\r\nHTTP/1.1 102 P\r\nX-\xe4: no\r\n\r\n'.replace(
        'X-\xe4: no\r\n',
        'X-B: \xe4\r\n',
      ),
    expect:
      'HTTP/1.1 102 \r\n\r\nHTTP/1.1 199 \r\nX-A: 1\r\nX-A: 2\r\n\r\nHTTP/1.1 102 \r\nX-B: \xe4\r\n\r\n',
  },
  {
    id: 'what is meant for this connection alone, or announces a body',
    rfc: '9110 §7.6.1, §8.6',
    given:
      'HTTP/1.1 103 E\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nContent-Length: 9\r\nX-A: 1\r\n\r\n',
    expect: 'HTTP/1.1 103 \r\nX-A: 1\r\n\r\n',
  },
  { id: 'an unasked 100', rfc: '9110 §15.2', given: CONTINUE, expect: '' },
  {
    id: 'unasked 100s around another',
    rfc: '9110 §15.2',
    given: `${CONTINUE}HTTP/1.1 100 \r\nX: 1\r\n\r\n${HINTS}${CONTINUE}`,
    expect: 'HTTP/1.1 103 \r\nLink: </a.css>; rel=preload\r\n\r\n',
  },
];

for (const door of DOORS) {
  t.test(`${door} door`, async (t) => {
    for (const { id, rfc, given, expect } of ROWS) {
      t.test(`${id} (RFC ${rfc})`, async (t) => {
        const { exchange } = await setUp(t, door, given + OK);
        const miss = await exchange('GET /a');
        t.equal(before(miss), expect, 'on a miss that is stored');
        t.match(miss, /Cache-Status: cacheside; fwd=uri-miss; fwd-status=200; stored.*\r\n\r\nbody$/s);
        const hit = await exchange('GET /a');
        t.equal(before(hit), '', 'never on a hit');
        t.match(hit, /Cache-Status: cacheside; hit.*\r\n\r\nbody$/s);
        t.notMatch(hit, 'Link');
        t.equal(before(await exchange('HEAD /b')), expect, 'for a HEAD');
        t.equal(before(await exchange('POST /c')), expect, 'on a pass');
      });
    }

    t.test('byte by byte', async (t) => {
      const { exchange } = await setUp(t, door, async (socket) => {
        for (const byte of `${CONTINUE}${HINTS}${CONTINUE}${OK}`) {
          socket.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const text = await exchange('GET /a');
      t.equal(before(text), 'HTTP/1.1 103 \r\nLink: </a.css>; rel=preload\r\n\r\n');
      t.match(text, /fwd-status=200; stored.*\r\n\r\nbody$/s);
    });

    t.test('a body that looks like one', async (t) => {
      const { exchange } = await setUp(t, door, async (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n');
        await pause(30);
        socket.write(`${CONTINUE}abcd`);
      });
      t.match(await exchange('GET /a'), /\r\n\r\nHTTP\/1\.1 100 Continue\r\n\r\nabcd$/);
    });

    t.test('fields that the rule removes', async (t) => {
      const document = 'routes: [{ match: "/*", response: { remove: [link] } }]\n';
      const { exchange } = await setUp(t, door, HINTS + OK, document);
      t.equal(before(await exchange('GET /a')), 'HTTP/1.1 103 \r\n\r\n');
    });

    t.test('fields that the answer itself hides', async (t) => {
      const tagged = HINTS.replace('\r\n', '\r\nSurrogate-Key: secret\r\nCache-Control: max-age=1\r\n');
      const document = 'routes: [{ match: "/*", response: { remove: [link], cache-control: no-cache } }]\n';
      const { exchange } = await setUp(t, door, tagged + OK, document);
      t.equal(before(await exchange('GET /a')), 'HTTP/1.1 103 \r\n\r\n');
    });

    t.test('in front of the 304 that freshens', async (t) => {
      const { exchange } = await setUp(t, door, (socket, head) => {
        const fields = 'Cache-Control: no-cache\r\nETag: "1"\r\n';
        if (head.includes('If-None-Match')) socket.write(`${HINTS}HTTP/1.1 304 N\r\n${fields}\r\n`);
        else socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 4\r\n\r\nbody`);
      });
      await exchange('GET /a');
      t.match(
        await exchange('GET /a'),
        /^HTTP\/1\.1 103 \r\nLink: [^\n]*\n\r\nHTTP\/1\.1 200 .*fwd-status=304/s,
      );
    });

    t.test('a follower gets none of its leader', async (t) => {
      let go = () => {};
      const { exchange, ask, upstream } = await setUp(t, door, (socket) => {
        socket.write(HINTS);
        go = () => void socket.write(OK);
      });
      const leader = await ask('GET /a');
      await leader.until(/103/);
      const follower = exchange('GET /a');
      await pause(50);
      go();
      t.match(await leader.until(/body$/), /^HTTP\/1\.1 103 /);
      const text = await follower;
      t.match(text, /^HTTP\/1\.1 200 OK\r\n.*collapsed.*body$/s);
      t.equal(upstream.heads.length, 1);
    });

    t.test('HTTP/1.0 knows none', async (t) => {
      const { sidecar } = await setUp(t, door, HINTS + OK);
      const wire = sidecar.connect();
      wire.send('GET /a HTTP/1.0\r\nHost: a.test\r\n\r\n');
      t.strictSame(statuses(await wire.closed), ['200']);
    });

    t.test('one behind its answer reaches nobody', async (t) => {
      const { sidecar, upstream } = await setUp(t, door, (socket, _head, count) => {
        socket.write(count === 1 ? `${OK}${HINTS}` : OK);
      });
      const wire = sidecar.connect();
      for (const path of ['/a', '/b']) {
        wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
        await wire.until(
          (text) => text.endsWith('body') && statuses(text).length === (path === '/a' ? 1 : 2),
        );
      }
      t.strictSame(statuses(wire.text), ['200', '200']);
      t.equal(upstream.heads.length, 2);
    });

    for (const [id, bytes] of Object.entries({
      'an unasked 101': 'HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'a 101 without Upgrade': `HTTP/1.1 101 S\r\n\r\n${OK}`,
      'a control character in a field': `HTTP/1.1 103 E\r\nX: a\x01b\r\n\r\n${OK}`,
      'a line that is no field': `HTTP/1.1 103 E\r\nX a\r\n\r\n${OK}`,
    })) {
      t.test(`${id} is a bad response`, async (t) => {
        const { exchange, upstream, sidecar } = await setUp(t, door, bytes);
        const text = await exchange('GET /a');
        t.strictSame(statuses(text), ['502']);
        t.match(text, /detail=upstream-error/);
        t.equal(upstream.heads.length, 1, 'and is not asked again');
        t.match(sidecar.log, [{ upstream: { failure: 'bad-response' } }]);
      });
    }

    for (const [id, bytes] of Object.entries({ '102': 'HTTP/1.1 102 P\r\n\r\n', '100': CONTINUE })) {
      t.test(`endless ${id}s end with the wait for the head`, async (t) => {
        const { exchange } = await setUp(t, door, (socket) => {
          const timer = setInterval(() => socket.write(bytes), 20);
          socket.on('close', () => clearInterval(timer));
        });
        const began = performance.now();
        const text = await exchange('GET /a');
        t.equal(statuses(text).at(-1), '504');
        t.equal(statuses(text).length > 5, id === '102');
        const took = performance.now() - began;
        t.ok(took >= 290 && took < 1_000, `${took} ms`);
      });
    }
  });
}

t.test("node:http's client is told of each", async (t) => {
  for (const door of DOORS) {
    const { sidecar } = await setUp(t, door, `HTTP/1.1 102 P\r\n\r\n${HINTS}${OK}`);
    const told: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const req = httpRequest(`${sidecar.url}/a`, (res) => res.resume().on('end', resolve));
      req.on('information', ({ statusCode, rawHeaders }) => told.push([statusCode, ...rawHeaders]));
      req.on('error', reject).end();
    });
    t.strictSame(told, [[102], [103, 'Link', '</a.css>; rel=preload']]);
  }
});

t.test('an early answer to an upload, whose rest goes on', async (t) => {
  const { sidecar } = await setUp(t, 'node:http', async (socket) => {
    socket.write(`${CONTINUE}HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n`);
    await pause(50);
    socket.write(`${CONTINUE}abcd`);
  });
  const wire = sidecar.connect();
  wire.send('POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 20\r\n\r\n0123456789');
  await wire.until(/200 OK/);
  wire.send('0123456789');
  t.match(await wire.until(/abcd$/), /\r\n\r\nHTTP\/1\.1 100 Continue\r\n\r\nabcd$/);
});
