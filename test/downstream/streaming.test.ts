import { request } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import type { OriginHandler, OriginOptions } from '../fixtures/origin.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause, start } from '../proxy/start.ts';

const MIB = 1 << 20;
/** By hand: BODY_MIB=1024. */
const { BODY_MIB } = process.env;
const SIZE = Number(BODY_MIB ?? 256) * MIB;
const GROWTH = 200 * MIB;
const block = Buffer.alloc(MIB, 'x');

function* blocks(size: number) {
  for (let sent = 0; sent < size; sent += block.length) yield block;
}

/** The most this process grew while it waited. Origin and client run in it, too. */
async function growthDuring(work: Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = 0;
  const sample = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss() - before);
  }, 20);
  try {
    await work;
  } finally {
    clearInterval(sample);
  }
  return most;
}

for (const fast of [true, false]) {
  const door = fast ? 'fast door' : 'node:http';
  const begin = (t: Test, document: string, handler: OriginHandler, options: OriginOptions = {}) =>
    start(t, `fast-door: ${fast}\n${document}`, handler, options);

  t.test(`large bodies pass in constant memory, ${door}`, async (t) => {
    const { sidecar } = await begin(t, '', async (req, res) => {
      if (req.method === 'GET') {
        const length = req.url === '/length' ? { 'content-length': SIZE } : {};
        res.writeHead(200, { 'cache-control': 'max-age=60', ...length });
        return pipeline(Readable.from(blocks(SIZE)), res);
      }
      let received = 0;
      for await (const chunk of req) received += chunk.length;
      res.end(`${received}`);
    });
    for (const [path, method] of [
      ['/length', 'GET'],
      ['/chunked', 'GET'],
      ['/length', 'POST'],
      ['/chunked', 'PUT'],
    ] as const) {
      t.test(`${method} ${path}`, async (t) => {
        const transfer = new Promise<number>((resolve, reject) => {
          const upload = method !== 'GET';
          const headers = upload && path === '/length' ? { 'content-length': SIZE } : {};
          const req = request(sidecar.url + path, { method, headers, agent: false }, (res) => {
            let count = 0;
            let text = '';
            res.on('data', (chunk: Buffer) => {
              count += chunk.length;
              if (upload) text += chunk;
            });
            res.on('end', () => resolve(upload ? Number(text) : count));
            res.on('error', reject);
          });
          req.on('error', reject);
          if (upload) pipeline(Readable.from(blocks(SIZE)), req).catch(reject);
          else req.end();
        });
        const growth = await growthDuring(transfer);
        t.equal(await transfer, SIZE);
        t.ok(growth < GROWTH, `grew by ${Math.round(growth / MIB)} MiB`);
      });
    }
  });

  t.test(`a client that reads nothing holds the upstream back, ${door}`, async (t) => {
    let sent = 0;
    const { sidecar } = await begin(t, '', (_req, res) => {
      const more = () => {
        while (res.write(block)) sent += block.length;
      };
      res.on('drain', () => {
        sent += block.length;
        more();
      });
      more();
    });
    const wire = sidecar.connect();
    wire.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await wire.until(/200 OK/);
    wire.socket.pause();
    let last = -1;
    while (last !== sent) {
      last = sent;
      await pause(100);
    }
    t.ok(sent < 32 * MIB, `${sent / MIB} MiB left the origin`);
  });

  t.test(`an upstream that reads nothing holds the client back, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t, '', (req) => void req.pause());
    let sent = 0;
    const req = request(`${sidecar.url}/`, { method: 'POST', agent: false });
    req.on('error', () => {});
    pipeline(
      Readable.from(blocks(SIZE)),
      new Writable({
        write(chunk, _encoding, done) {
          sent += chunk.length;
          if (req.write(chunk)) done();
          else req.once('drain', done);
        },
      }),
    ).catch(() => {});
    await origin.received(1);
    let last = -1;
    while (last !== sent) {
      last = sent;
      await pause(100);
    }
    t.ok(sent < 32 * MIB, `${sent / MIB} MiB left the client`);
    req.destroy();
  });

  t.test(`small requests and answers, ${door}`, async (t) => {
    const { origin, ask, sidecar } = await begin(
      t,
      '',
      (req, res) => {
        const status = Number(req.url?.slice(1)) || 200;
        if (status === 204 || status === 304)
          res.writeHead(status, status === 304 ? { etag: '"e"' } : {}).end();
        else res.writeHead(status, { 'x-method': req.method }).end(origin.requests.at(-1)?.body);
      },
      { recordBodies: true },
    );
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      t.match(
        await ask('/x', {
          method,
          body: `a ${method}`,
          headers: { 'content-length': String(method.length + 2) },
        }),
        {
          status: 200,
          text: `a ${method}`,
        },
      );
      t.match(await ask('/x', { method, headers: { 'content-length': '0' } }), { status: 200, text: '' });
      t.match(await ask('/x', { method, body: 'chunks', headers: { 'transfer-encoding': 'chunked' } }), {
        text: 'chunks',
      });
      t.match(
        await ask('/x', { method, headers: { 'transfer-encoding': 'chunked' } }),
        { text: '' },
        'an empty chunked body',
      );
    }
    for (const status of [204, 304]) {
      const { headers, text } = await ask(`/${status}`, { method: 'POST' });
      t.equal(headers['content-length'], undefined, `${status}`);
      t.equal(headers['transfer-encoding'], undefined);
      t.equal(text, '');
    }
    const wire = sidecar.connect();
    wire.send('GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n');
    const old = await wire.closed;
    t.match(old, /^HTTP\/1\.1 200 OK\r\n/);
    t.notMatch(old, /transfer-encoding/i, 'HTTP/1.0 knows no chunks');
    t.ok(origin.connections < 4, 'connections to the upstream are kept');
  });

  t.test(`an expectation is met here, and an early answer ends the upload, ${door}`, async (t) => {
    const { sidecar, origin } = await begin(t, '', (req, res) => {
      if (req.url === '/too-large') res.writeHead(413).end('too large');
      else req.pipe(res);
    });
    const wire = sidecar.connect();
    wire.send('POST /x HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    await wire.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    wire.send('abc');
    await wire.until(/\r\n\r\n(?:3\r\n)?abc/);
    t.notOk(origin.requests[0]?.rawHeaders.some((name) => name.toLowerCase() === 'expect'));

    const early = sidecar.connect();
    early.send(
      `POST /too-large HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000)}`,
    );
    const text = await early.until(/too large/);
    t.match(text, /^HTTP\/1\.1 413 /);
    early.send(`${'x'.repeat(5_000)}`);
    t.equal((await early.closed).match(/HTTP\/1\.1/g)?.length, 1);

    await origin.close();
    const refused = sidecar.connect();
    refused.send(`POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(50_000)}`);
    t.match(
      await refused.closed,
      /^HTTP\/1\.1 502 .*connection: close/is,
      'unread uploads end with their connection',
    );
  });

  t.test(`a client that leaves, ${door}`, async (t) => {
    let closed = 0;
    const { origin, sidecar } = await begin(t, 'routes: [{ match: /none }]\n', (req, res) => {
      req.on('close', () => closed++);
      if (req.url === '/body') res.write('begun');
    });
    for (const [path, text] of [
      ['/head', 'GET /head HTTP/1.1\r\nHost: a.test\r\n\r\n'],
      ['/body', 'GET /body HTTP/1.1\r\nHost: a.test\r\n\r\n'],
      ['/upload', 'POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc'],
      ['/chunks', 'POST /chunks HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
    ] as const) {
      const [before, left] = [origin.requests.length, closed];
      const wire = sidecar.connect();
      wire.send(text);
      await origin.received(before + 1);
      if (path === '/body') await wire.until(/begun/);
      wire.socket.resetAndDestroy();
      await eventually(() => closed > left);
      t.pass(`${path}: the upstream request ended`);
    }
    const pipelined = sidecar.connect();
    const before = origin.requests.length;
    const left = closed;
    pipelined.send('GET /head HTTP/1.1\r\nHost: a.test\r\n\r\n'.repeat(3));
    // The fast door takes them one after the other.
    const reached = fast ? 1 : 3;
    await origin.received(before + reached);
    pipelined.socket.destroy();
    await eventually(() => closed === left + reached);
    t.equal(origin.requests.length, before + reached, 'pipelined requests, too');
  });

  t.test(`garbage behind a request does not alter its answer, ${door}`, async (t) => {
    const { sidecar } = await begin(t, '', (_req, res) => {
      res.write('first ');
      setTimeout(() => res.end('last'), 80);
    });
    for (const behind of [
      '\0\x01garbage\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: x\r\n\r\n',
    ]) {
      const wire = sidecar.connect();
      wire.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await wire.until(/first/);
      wire.send(behind);
      const text = await wire.closed;
      t.match(text, /\r\n6\r\nfirst \r\n4\r\nlast\r\n0\r\n\r\n(?:HTTP\/1\.1 400 |$)/);
    }
  });

  t.test(`a broken chunk in an upload is refused and ends the upstream request, ${door}`, async (t) => {
    let closed = false;
    const { origin, sidecar } = await begin(t, '', (req) => {
      req.on('error', () => {});
      req.on('close', () => {
        closed = true;
      });
    });
    const wire = sidecar.connect();
    wire.send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await origin.received(1);
    wire.send('zz\r\n');
    t.match(await wire.closed, /^HTTP\/1\.1 400 /);
    await eventually(() => closed);
  });

  t.test(`time-outs of clients, ${door}`, async (t) => {
    let finish = () => {};
    const { origin, sidecar } = await begin(
      t,
      'clients: { head-timeout: 100ms, request-timeout: 300ms, request-progress: 1B, stall-timeout: 100ms }\nroutes: [{ match: /none }]\n',
      (req, res) => {
        if (req.url === '/large') return void res.end(Buffer.alloc(16 * MIB, 'x'));
        if (req.method === 'POST') return void req.resume().on('end', () => res.end('uploaded'));
        finish = () => res.end('late');
      },
    );
    const waiting = sidecar.connect();
    waiting.send('GET /wait HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    await origin.received(1);
    await pause(350);
    finish();
    t.match(await waiting.closed, /late/, 'who waits for the upstream is not stalling');

    const silent = sidecar.connect();
    silent.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc');
    t.match(await silent.closed, /^HTTP\/1\.1 408 /, 'an upload that falls silent');

    const steady = sidecar.connect();
    steady.send('POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: 8\r\n\r\n');
    for (let i = 0; i < 8; i++) {
      await pause(50);
      steady.send('x');
    }
    t.match(await steady.closed, /uploaded/, 'one that makes progress');

    const stalling = sidecar.connect();
    let cut = false;
    stalling.send('GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await stalling.until(/200 OK/);
    stalling.socket.pause();
    await pause(500);
    stalling.socket.on('close', () => {
      cut = true;
    });
    stalling.socket.resume();
    await eventually(() => cut);
    t.ok(stalling.text.length < 16 * MIB, 'one that reads nothing');
  });

  t.test(`a slow upload is not the upstream being slow, ${door}`, async (t) => {
    const { origin, ask } = await begin(
      t,
      '',
      (req, res) => void req.resume().on('end', () => res.end('uploaded')),
    );
    const hasty = await startSidecar(
      origin.url,
      `fast-door: ${fast}\nupstream: { url: '${origin.url}', head-timeout: 300ms, timeout: 300ms }\n`,
    );
    t.teardown(() => hasty.close());
    const wire = hasty.connect();
    wire.send('POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: 3\r\n\r\n');
    for (let i = 0; i < 3; i++) {
      await pause(400);
      wire.send('x');
    }
    t.match(await wire.closed, /uploaded/);
    t.match(await ask('/'), { text: 'uploaded' });
  });
}
