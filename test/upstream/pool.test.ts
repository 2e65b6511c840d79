import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause, start } from '../proxy/start.ts';

/** Answers each request it can parse with raw bytes; `seen` counts them over all connections. */
async function startRaw(answer: (socket: Socket, seen: number, onConnection: number) => void) {
  let seen = 0;
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    let onConnection = 0;
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      while (text.includes('\r\n\r\n')) {
        text = text.slice(text.indexOf('\r\n\r\n') + 4);
        answer(socket, ++seen, ++onConnection);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get seen() {
      return seen;
    },
    get connections() {
      return connections;
    },
    close: () => void server.close(),
  };
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

t.test('a kept connection that died is tried again once, for GET and HEAD', async (t) => {
  for (const how of ['end', 'reset'] as const) {
    for (const [method, status, asked] of [
      ['GET', 200, 3],
      ['HEAD', 200, 3],
      ['POST', 502, 2],
      ['DELETE', 502, 2],
    ] as const) {
      t.test(`${method}, ${how}`, async (t) => {
        const origin = await startRaw((socket, seen) => {
          if (seen !== 2) socket.write(method === 'HEAD' && seen > 2 ? OK.slice(0, -2) : OK);
          else if (how === 'end') socket.end();
          else socket.resetAndDestroy();
        });
        t.teardown(origin.close);
        const sidecar = await startSidecar(origin.url);
        t.teardown(() => sidecar.close());
        t.equal((await sidecar.ask('/first')).status, 200);
        t.equal((await sidecar.ask('/second', { method })).status, status);
        t.equal(origin.seen, asked);
      });
    }
  }
});

t.test('what died otherwise is not tried again', async (t) => {
  const cases: Record<string, (socket: Socket, seen: number) => void> = {
    'a new connection, closed': (socket) => void socket.end(),
    'a new connection, reset': (socket) => void socket.resetAndDestroy(),
    'half a head on a kept one': (socket, seen) =>
      void (seen === 1 ? socket.write(OK) : socket.end('HTTP/1.1 200 OK\r\nContent-')),
    'early hints on a kept one': (socket, seen) =>
      void (seen === 1 ? socket.write(OK) : socket.end('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')),
  };
  for (const [name, answer] of Object.entries(cases)) {
    t.test(name, async (t) => {
      const origin = await startRaw(answer);
      t.teardown(origin.close);
      const sidecar = await startSidecar(origin.url);
      t.teardown(() => sidecar.close());
      const kept = name.endsWith('kept one') ? 1 : 0;
      if (kept) await sidecar.ask('/first');
      t.equal((await sidecar.ask('/second')).status, 502);
      t.equal(origin.seen, kept + 1);
    });
  }
});

t.test('a second response in one packet reaches nobody', async (t) => {
  const origin = await startRaw(
    (socket, seen) => void socket.write(seen === 1 ? `${OK}${OK.replace('ok', 'no')}` : OK),
  );
  t.teardown(origin.close);
  const sidecar = await startSidecar(origin.url);
  t.teardown(() => sidecar.close());
  for (let i = 0; i < 3; i++) t.match(await sidecar.ask(`/${i}`), { status: 200, text: 'ok' });
});

t.test('failures as clients see them', async (t) => {
  const { origin, ask, sidecar } = await start(t, '', () => {});
  const hasty = await startSidecar(origin.url, `upstream: { url: '${origin.url}', head-timeout: 80ms }\n`);
  t.teardown(() => hasty.close());
  const answer = await hasty.ask('/', { headers: { 'x-request-id': 'my-id' } });
  t.match(answer, {
    status: 504,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': 'my-id',
      'cache-control': 'no-store',
    },
  });
  t.match(JSON.parse(answer.text), { status: 504, title: 'Gateway Timeout', requestId: 'my-id' });
  t.match(answer.cacheStatus, /fwd=uri-miss; detail=upstream-error/);
  await origin.close();
  t.match(await ask('/'), { status: 502 });
  const head = await ask('/', { method: 'HEAD' });
  t.match(head, { status: 502, text: '' });
  const unresolvable = await startSidecar('http://does-not-exist.invalid');
  t.teardown(() => unresolvable.close());
  t.match(await unresolvable.ask('/'), { status: 502 });
  t.match(
    [...hasty.log, ...sidecar.log, ...unresolvable.log],
    [
      { level: 40, msg: 'upstream: The upstream sent no response in time.' },
      {
        level: 40,
        upstream: { failure: 'connect-refused', code: 'ECONNREFUSED', reason: /connect ECONNREFUSED/ },
      },
      { level: 40, upstream: { failure: 'dns', reason: /does-not-exist\.invalid/ } },
    ],
  );
});

t.test('a full pool answers in time, and keeps its connections', async (t) => {
  let holding = true;
  const { origin } = await start(t, '', (req, res) => {
    if (!holding || req.url === '/quick') res.end('ok');
    else setTimeout(() => res.end('ok'), 600);
  });
  const narrow = await startSidecar(
    origin.url,
    `upstream: { url: '${origin.url}', connections: 1, head-timeout: 800ms }\nroutes: [{ match: /none }]\n`,
  );
  t.teardown(() => narrow.close());
  await narrow.ask('/quick');
  const answers = await Promise.all([0, 1, 2, 3].map((i) => narrow.ask(`/${i}`)));
  t.same(answers.map(({ status }) => status).sort(), [200, 200, 504, 504]);
  holding = false;
  t.equal((await narrow.ask('/quick')).status, 200);
});

t.test('what found no connection free was not sent', async (t) => {
  let release = () => {};
  const { origin } = await start(t, '', (req, res) => {
    if (req.url !== '/held') return void res.setHeader('cache-control', 'max-age=60').end('ok');
    res.write('begun, ');
    release = () => res.end('done');
  });
  const narrow = await startSidecar(
    origin.url,
    `upstream: { url: '${origin.url}', connections: 1, connect-timeout: 5s, head-timeout: 200ms }\nroutes: [{ match: /* }]\n`,
  );
  t.teardown(() => narrow.close());
  await narrow.ask('/a');
  const held = narrow.ask('/held');
  await origin.received(2);
  const write = await narrow.ask('/a', { method: 'PUT', body: 'new' });
  t.match(write, { status: 504, text: /No connection to the upstream became free in time/ });
  release();
  t.match(await held, { status: 200, text: 'begun, done' });
  t.match(await narrow.ask('/a'), { cacheStatus: /hit/ }, 'a write that was never sent changed nothing');
  t.equal(origin.requests.length, 2);
});

t.test('head-timeout counts from the request sent, not from the wait for a connection', async (t) => {
  const { origin } = await start(t, '', (_req, res) => void setTimeout(() => res.end('ok'), 250));
  const narrow = await startSidecar(
    origin.url,
    `upstream: { url: '${origin.url}', connections: 1, head-timeout: 400ms }\nroutes: [{ match: /none }]\n`,
  );
  t.teardown(() => narrow.close());
  const answers = await Promise.all(
    ['GET', 'POST'].map((method) => narrow.ask('/', method === 'GET' ? {} : { method, body: 'x' })),
  );
  t.same(
    answers.map(({ status }) => status),
    [200, 200],
  );
});

t.test('informational responses', async (t) => {
  const { sidecar } = await start(t, '', (_req, res) => {
    res.socket?.write(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>;rel=preload\r\nLink: nonsense\r\nX-B: \xe4\r\nConnection: x\r\nX: 1\r\n\r\n',
      'latin1',
    );
    res.socket?.write('HTTP/1.1 102 Processing\r\n\r\n');
    setTimeout(() => res.end('done'), 20);
  });
  const wire = sidecar.connect();
  wire.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const text = await wire.until(/done/);
  t.match(
    text,
    /^HTTP\/1\.1 103 \r\nLink: <\/a>;rel=preload\r\nLink: nonsense\r\nX-B: \xe4\r\n\r\nHTTP\/1\.1 102 \r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  );
  t.match(await sidecar.ask('/'), { status: 200, text: 'done' });
  const old = sidecar.connect();
  old.send('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n');
  t.match(await old.closed, /^HTTP\/1\.1 200 OK/, 'HTTP/1.0 knows none');
});

t.test('fields', async (t) => {
  const { origin, sidecar } = await start(t, '', (_req, res) => {
    res.socket?.write(
      'HTTP/1.1 200 OK\r\nX-Bytes: \xe4\xff\x80 \t"q"\r\nx-CASE: 1\r\nX-Two: a\r\nX-Two: b\r\nX-Empty:\r\n__proto__: p\r\n' +
        'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nTrailer: x-t\r\n' +
        'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\nCache-Status: origin; hit\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n' +
        '2\r\nok\r\n0\r\nX-T: trailer\r\n\r\n',
      'latin1',
    );
  });
  const wire = sidecar.connect();
  wire.send(
    'GET /p?q=\x7e HTTP/1.1\r\nHost: A.test\r\nX-Bytes: \xe4\xff\x80\r\nX-Two: a\r\nX-Two: b\r\nTE: trailers\r\nConnection: close, x-hop\r\n' +
      'X-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Host: evil.test\r\n\r\n',
  );
  const text = await wire.closed;
  for (const line of [
    'X-Bytes: \xe4\xff\x80 \t"q"',
    'x-CASE: 1',
    'X-Two: a\r\nX-Two: b',
    'X-Empty: ',
    '__proto__: p',
    'Set-Cookie: a=1\r\nSet-Cookie: b=2',
    'Cache-Status: origin; hit',
    'Date: Mon, 01 Jan 2024 00:00:00 GMT',
  ])
    t.ok(text.includes(`\r\n${line}\r\n`), JSON.stringify(line));
  t.notMatch(text, /x-hop|proxy-authenticate|keep-alive|trailer/i);
  t.equal(text.match(/^date:/gim)?.length, 1);
  const { rawHeaders = [], url } = origin.requests[0] ?? {};
  t.equal(url, '/p?q=~');
  const sent = rawHeaders.join('\n');
  t.match(sent, /X-Bytes\n\xe4\xff\x80\nX-Two\na, b\n/);
  t.match(sent, /X-Forwarded-For\n127\.0\.0\.1\n/, "the client's own word about itself does not count");
  t.notMatch(sent, /9\.9\.9\.9|evil\.test|x-hop|trailers|proxy-connection/i);
  t.match(sent, /host\na\.test\n/);
});

t.test('an https upstream', async (t) => {
  const [key, cert] = ['key', 'cert'].map((name) =>
    fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url)),
  ) as [string, string];
  let connections = 0;
  const server = createHttpsServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (req, res) => void res.end(`host ${req.headers.host}`),
  );
  server.on('secureConnection', () => connections++);
  server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const settings: [string, string, number][] = [
    ['127.0.0.1', 'verify: false', 200],
    ['127.0.0.1', `ca: '${cert}'`, 200],
    ['localhost', `ca: '${cert}'`, 200],
    ['127.0.0.1', 'verify: true', 502],
  ];
  for (const [name, tls, status] of settings) {
    t.test(`${name}, ${tls.slice(0, 6)}, ${status}`, async (t) => {
      const sidecar = await startSidecar(
        '',
        `upstream: { url: 'https://${name}:${port}', tls: { ${tls} } }\n`,
      ).catch((error) => {
        throw error;
      });
      t.teardown(() => sidecar.close());
      const before = connections;
      for (const host of ['one.test', 'two.test', 'one.test']) {
        const answer = await sidecar.ask('/', { headers: { host } });
        t.equal(answer.status, status);
        if (status === 200) t.equal(answer.text, `host ${host}`);
      }
      if (status === 200)
        t.equal(connections - before, 1, 'the connection is kept whichever host the client names');
      const wire = sidecar.connect();
      wire.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      await wire.until(status === 200 ? /^HTTP\/1\.1 101 / : /^HTTP\/1\.1 502 /);
      if (status !== 200) return;
      wire.send('through the tunnel');
      await wire.until(/through the tunnel/);
    });
  }
});

t.test('nothing is left behind by a thousand exchanges', async (t) => {
  const { origin, ask, sidecar } = await start(
    t,
    'routes: [{ match: "/c/*", ttl: 5ms, stale-while-revalidate: 1s }]\n',
    (req, res) => {
      if (req.url?.endsWith('7')) res.destroy();
      else req.pipe(res);
    },
  );
  const count = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  await Promise.all(Array.from({ length: 20 }, () => ask('/x')));
  await pause(50);
  const timers = count();
  for (let i = 0; i < 25; i++) {
    await Promise.all(
      Array.from({ length: 40 }, (_, j) =>
        j % 2 ? ask(`/c/${j}`) : ask(`/${i}/${j}`, { method: 'POST', body: 'x'.repeat(j) }),
      ).map((asked) => asked.catch(() => {})),
    );
  }
  const wire = sidecar.connect();
  wire.send('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await wire.closed;
  await eventually(() => count() <= timers + 25);
  t.ok(origin.connections < 130);
});
