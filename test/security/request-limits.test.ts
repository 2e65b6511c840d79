import t from 'tap';
import { loadConfig } from '../../src/config/load.ts';
import { eventually } from '../fixtures/eventually.ts';
import { pause, start } from '../proxy/start.ts';
import { get, HOST } from './request-row.ts';

const KIB = 1024;
const head = (target: string, fields: string) => `POST ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
const LAST = '0\r\n\r\n';
const END = get('/', 'Connection: close\r\n');

/** What a route takes of a request's body: 64 KiB on /small, by default 1 MiB where it stores, else all of it. */
const BODIES: readonly { id: string; sends: string; expects: number; whole?: number }[] = [
  ...(['/small', '/default'] as const).flatMap((target) => {
    const most = target === '/small' ? 64 * KIB : 1024 * KIB;
    const of = (size: number) => head(target, `Content-Length: ${size}\r\n`);
    return [
      { id: `${target}: announced`, sends: of(most + 1), expects: 413 },
      { id: `${target}: announced, and sent`, sends: of(most + 1) + 'x'.repeat(most + 1), expects: 413 },
      { id: `${target}: as much as it takes`, sends: of(most) + 'x'.repeat(most), expects: 200, whole: most },
      {
        id: `${target}: chunks as much as it takes`,
        sends: head(target, 'Transfer-Encoding: chunked\r\n') + chunk(most) + LAST,
        expects: 200,
        whole: most,
      },
      {
        id: `${target}: one byte more in chunks`,
        // Here to its last byte: what is behind it may be read.
        sends: head(target, 'Transfer-Encoding: chunked\r\n') + chunk(most) + chunk(1) + LAST + END,
        expects: 413,
      },
      {
        id: `${target}: chunks without end`,
        sends: head(target, 'Transfer-Encoding: chunked\r\n') + chunk(16 * KIB).repeat(most / (16 * KIB) + 8),
        expects: 413,
      },
      {
        id: `${target}: announced, and to be asked for`,
        sends: head(target, `Content-Length: ${most + 1}\r\nExpect: 100-continue\r\n`),
        expects: 413,
      },
    ];
  }),
  ...['/unbounded', '/never-stored', '/no-route'].flatMap((target) => [
    {
      id: `${target} takes any length`,
      sends: head(target, `Content-Length: ${2048 * KIB}\r\n`) + 'x'.repeat(2048 * KIB),
      expects: 200,
      whole: 2048 * KIB,
    },
    {
      id: `${target} takes any chunks`,
      sends: head(target, 'Transfer-Encoding: chunked\r\n') + chunk(64 * KIB).repeat(32) + LAST,
      expects: 200,
      whole: 2048 * KIB,
    },
  ]),
  { id: 'a GET with a body', sends: get('/small', `Content-Length: ${65 * KIB}\r\n`), expects: 413 },
];

const ROUTES = `routes:
  - { match: /small, max-request-body: 64KiB }
  - { match: /unbounded, max-request-body: off }
  - { match: /never-stored, cache: false }
  - { match: /default }
`;

for (const fast of [true, false]) {
  const door = fast ? 'fast door' : 'node:http';

  t.test(`bodies of requests are as long as their route takes, ${door}`, async (t) => {
    let open = 0;
    const { origin, sidecar } = await start(t, `fast-door: ${fast}\n${ROUTES}`, (req, res) => {
      let size = 0;
      open++;
      req.on('close', () => open--).on('error', () => {});
      req.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
      });
      req.on('end', () => res.end(`took ${size}`));
    });
    for (const { id, sends, expects, whole } of BODIES) {
      const wire = sidecar.connect();
      wire.send(sends);
      if (expects === 413) {
        const answer = await wire.closed;
        t.match(answer, /^HTTP\/1\.1 413 [\s\S]*"requestId"/, id);
        const most = sends.endsWith(END) ? 2 : 1;
        t.ok((answer.match(/HTTP\/1\.1/g)?.length ?? 0) <= most, `${id}: one answer`);
      } else {
        wire.send(END);
        t.match(
          await wire.closed,
          new RegExp(`^HTTP/1\\.1 200 [\\s\\S]*took ${whole}[\\s\\S]*HTTP/1\\.1 200`),
          id,
        );
      }
      wire.socket.destroy();
    }
    await eventually(() => open === 0);
    const announced = origin.requests.filter(({ rawHeaders }) => rawHeaders.includes(String(64 * KIB + 1)));
    t.same(announced, [], 'what is announced too long reaches nobody');
    const { outcomes } = JSON.parse((await sidecar.admin('/stats')).text);
    t.equal(outcomes.refused, BODIES.filter(({ id }) => / announced|a GET/.test(id)).length);
  });

  t.test(`a body that turns out too long behind an answer that has begun, ${door}`, async (t) => {
    const { sidecar, origin } = await start(t, `fast-door: ${fast}\n${ROUTES}`, (req, res) => {
      req.on('error', () => {});
      res.on('error', () => {});
      res.write('begun');
      if (req.url === '/small?whole') res.end();
    });
    for (const [target, isCut] of [
      ['/small', true],
      ['/small?whole', false],
    ] as const) {
      const before = origin.requests.length;
      const wire = sidecar.connect();
      wire.send(head(target, 'Transfer-Encoding: chunked\r\n') + chunk(60 * KIB));
      await origin.received(before + 1);
      await wire.until(isCut ? /begun/ : /0\r\n\r\n$/);
      wire.send(chunk(60 * KIB));
      const answer = await wire.closed;
      t.equal(/0\r\n\r\n$/.test(answer), !isCut, `${target}: the client sees whether it is whole`);
      t.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
      await pause(0);
    }
  });
}

t.test('one client has so many requests under way, node:http', async (t) => {
  const waiting: (() => void)[] = [];
  const { origin, sidecar } = await start(
    t,
    'fast-door: false\nroutes: [{ match: /none }]\n',
    (_req, res) => void waiting.push(() => res.end('x')),
  );
  const wire = sidecar.connect();
  wire.send(get('/a').repeat(20_000));
  await origin.received(64);
  await pause(100);
  t.equal(origin.requests.length, 64, 'no more of them at once');
  const letGo = setInterval(() => {
    for (const answer of waiting.splice(0)) answer();
  }, 1);
  t.teardown(() => clearInterval(letGo));
  const answers = (await wire.closed).match(/HTTP\/1\.1 200/g)?.length ?? 0;
  t.equal(answers, 2_048, 'and none behind those that were read ahead');
  t.equal(origin.requests.length, answers);
});

/** What is refused although its body is still coming. */
const UNREAD: readonly { id: string; sends: string; expects: number }[] = [
  { id: 'a body too long', sends: head('/default', 'Content-Length: 999999999\r\n'), expects: 413 },
  { id: 'dot segments', sends: head('/../', 'Content-Length: 999999999\r\n'), expects: 400 },
  { id: 'an expectation', sends: head('/', 'Expect: x\r\nContent-Length: 999999999\r\n'), expects: 417 },
  { id: 'an answer before the end', sends: head('/no-route', 'Content-Length: 999999999\r\n'), expects: 200 },
];

for (const fast of [true, false]) {
  t.test(
    `a body that nobody reads ends with its connection, ${fast ? 'fast door' : 'node:http'}`,
    async (t) => {
      const { sidecar } = await start(t, `fast-door: ${fast}\n${ROUTES}`, (req, res) => {
        req.on('error', () => {});
        res.end('x');
      });
      for (const { id, sends, expects } of UNREAD) {
        const wire = sidecar.connect();
        let isGone = false;
        wire.socket.on('close', () => {
          isGone = true;
        });
        wire.send(sends);
        const answer = await eventually(async () => {
          wire.send('x'.repeat(4 * KIB));
          await pause(5);
          return isGone;
        }).then(() => wire.text);
        t.match(answer, new RegExp(`^HTTP/1\\.1 ${expects} `), id);
        // An answer under way may yet outlast the upload.
        if (expects >= 400) t.match(answer, /\r\nconnection: close\r\n/i, `${id}: and says so`);
      }
    },
  );
}

for (const fast of [true, false]) {
  t.test(`nothing is begun behind the last answer, ${fast ? 'fast door' : 'node:http'}`, async (t) => {
    // Without a length, an answer to HTTP/1.0 ends with its connection.
    const { sidecar, origin } = await start(t, `fast-door: ${fast}\n`, (_req, res) => {
      res.write('a');
      setImmediate(() => res.end('b'));
    });
    for (const fields of ['', 'Connection: keep-alive\r\n', 'Proxy-Connection: keep-alive\r\n']) {
      const wire = sidecar.connect();
      wire.send(`GET /last HTTP/1.0\r\n${HOST}${fields}\r\n${head('/behind', 'Content-Length: 0\r\n')}`);
      t.match(await wire.closed, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nab$/);
    }
    await sidecar.ask('/after');
    t.notOk(origin.requests.some(({ url }) => url === '/behind'));
  });
}

t.test('what clients may do where nobody says otherwise', async (t) => {
  const { downstream } = loadConfig({ flags: { upstream: 'http://127.0.0.1:1' }, env: {} });
  t.match(downstream, {
    headTimeout: 10_000,
    requestTimeout: 30_000,
    requestProgress: KIB,
    keepAlive: 5_000,
    stallTimeout: 60_000,
    maxHead: 16 * KIB,
    maxFields: 100,
    maxTarget: 8 * KIB,
    maxConnections: 10_000,
    maxRequests: 10_000,
    trustForwarded: false,
  });
});
