import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { pause, start } from '../proxy/start.ts';

/** node's parser stops behind an offer of h2c, as it does at a tunnel's first byte: nothing behind it may be lost. */
const HOST = 'Host: a.test\r\n';
const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const offer = (path: string, fields = '') => get(path, OFFER + fields);
const statuses = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

// Most of it is waiting, of which the doors need not know of each other.
t.jobs = 2;

for (const fast of [true, false]) {
  const door = fast ? 'fast door' : 'node:http';

  /** Answers with the path; what is under /wait when `release` is called with it. */
  async function begin(t: Test, document = '') {
    const held = new Map<string, (length?: number) => void>();
    const started = await start(
      t,
      `fast-door: ${fast}\n${document}`,
      (req, res) => {
        const { url = '' } = req;
        const said = `<${url} ${started.origin.requests.at(-1)?.body}>`;
        res.setHeader('cache-control', 'no-store');
        if (!url.startsWith('/wait')) return void res.end(said);
        held.set(url, (length = 0) => res.end(said + 'x'.repeat(length)));
      },
      { recordBodies: true },
    );
    const release = async (path: string, length?: number) => {
      await eventually(() => held.has(path));
      held.get(path)?.(length);
    };
    return { ...started, release };
  }

  t.test(`what comes with an offer and behind it, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t);
    const wire = sidecar.connect();
    wire.send(offer('/a') + get('/b') + get('/c').slice(0, 9));
    await wire.until(/<\/b >/);
    wire.send(get('/c').slice(9));
    await wire.until(/<\/c >/);
    // What is left of Connection is still said.
    wire.send(get('/d', `Connection: Upgrade, x-hop\r\nX-Hop: 1\r\nUPGRADE:h2c\r\n`));
    await wire.until(/<\/d >/);
    wire.send(`${offer('/e')}\r\n${get('/f', `Connection: Upgrade, close\r\nUpgrade: h2c\r\n`)}${get('/g')}`);
    t.same(statuses(await wire.closed), [200, 200, 200, 200, 200, 200]);
    t.same(
      origin.requests.map(({ url }) => url),
      ['/a', '/b', '/c', '/d', '/e', '/f'],
    );
    t.notMatch(origin.requests.map(({ rawHeaders }) => rawHeaders.join()).join(), /h2c|http2-|x-hop/i);
  });

  t.test(`an offer in pieces, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t);
    const bytes = `${offer('/a')}${offer('/b')}${get('/c', 'Connection: close\r\n')}`;
    for (const size of [1, 100, 210]) {
      const wire = sidecar.connect();
      const before = origin.requests.length;
      for (let at = 0; at < bytes.length; at += size) {
        wire.send(bytes.slice(at, at + size));
        await new Promise(setImmediate);
      }
      t.same((await wire.closed).match(/<.*>/g), ['</a >', '</b >', '</c >'], `${size} at once`);
      t.equal(origin.requests.length, before + 3);
    }
  });

  t.test(`a body behind an offer, ${door}`, async (t) => {
    const { sidecar } = await begin(t);
    const wire = sidecar.connect();
    const post = (path: string, fields: string) => `POST ${path} HTTP/1.1\r\n${HOST}${OFFER}${fields}\r\n`;
    const large = 'b'.repeat(200_000);
    wire.send(`${post('/a', 'Content-Length: 3\r\n')}abc${get('/b')}`);
    wire.send(`${post('/c', 'Transfer-Encoding: chunked\r\n')}3\r\nxyz\r\n0\r\n\r\n${get('/d')}`);
    await wire.until(/<\/a abc>[\s\S]*<\/b >[\s\S]*<\/c xyz>[\s\S]*<\/d >/);
    wire.send(post('/e', 'Content-Length: 4\r\nExpect: 100-continue\r\n'));
    await wire.until(/<\/d >\s*HTTP\/1\.1 100 Continue\r\n\r\n$/);
    wire.send(`late${post('/f', `Content-Length: ${large.length}\r\n`)}${large}`);
    wire.send(get('/g', 'Connection: close\r\n'));
    const text = await wire.closed;
    t.match(text, /100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*<\/e late>/);
    t.ok(text.includes(`</f ${large}>`));
    t.match(text, /<\/g >/);
  });

  t.test(`what is refused is refused with an offer, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t);
    for (const [given, expected] of [
      [offer('/', HOST), 400],
      [offer('/a#b'), 400],
      [offer('/', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 400],
      [offer('/', 'Transfer-Encoding: gzip\r\n'), 400],
      [offer('/', 'Connection: host\r\n'), 400],
      [offer('/', 'Expect: x\r\n'), 417],
      [`GET / HTTP/1.1\r\n${OFFER}\r\n`, 400],
      [offer('/').replace('HTTP/1.1', 'HTTP/2.0'), 505],
      [offer('/').replace('GET', 'TRACE'), 405],
      [offer('/a', 'X: 1\r\n'.repeat(100)), 431],
    ] as const) {
      const wire = sidecar.connect();
      wire.send(given + get('/smuggled'));
      t.same(statuses(await wire.closed), [expected], given);
    }
    const behind = sidecar.connect();
    behind.send(get('/a#b') + offer('/smuggled') + get('/smuggled'));
    t.same(statuses(await behind.closed), [400], 'an offer behind what is refused');
    t.same(origin.requests, []);
    const old = sidecar.connect();
    old.send(offer('/old').replace('HTTP/1.1', 'HTTP/1.0') + get('/behind'));
    t.match(await old.closed, /<\/old >$/);
    t.equal(origin.requests.length, 1);
  });

  t.test(`an offer behind answers that are under way, ${door}`, async (t) => {
    const { origin, sidecar, release } = await begin(t);
    const wire = sidecar.connect();
    wire.send(get('/wait/a') + get('/wait/b') + offer('/c') + get('/d').slice(0, 5));
    await origin.received(1);
    await pause(20);
    wire.send(get('/d').slice(5) + get('/e', 'Connection: close\r\n'));
    await pause(20);
    await release('/wait/a');
    await release('/wait/b');
    t.same((await wire.closed).match(/<.*>/g), ['</wait/a >', '</wait/b >', '</c >', '</d >', '</e >']);
  });

  t.test(`an offer behind an answer that its client takes late, ${door}`, async (t) => {
    const { origin, sidecar, release } = await begin(t);
    const size = 8 * 1024 * 1024;
    const wire = sidecar.connect();
    wire.socket.pause();
    // And more behind it than is read ahead.
    const behind = Array.from({ length: 1_000 }, (_, i) => get(`/${i}`, `X: ${'x'.repeat(200)}\r\n`));
    wire.send(get('/wait') + offer('/c') + behind.join('') + get('/last', 'Connection: close\r\n'));
    await origin.received(1);
    await release('/wait', size);
    await pause(100);
    wire.socket.resume();
    const text = await wire.closed;
    t.ok(text.length > size);
    const answers = text.match(/<\/\w+ >/g) ?? [];
    t.same(
      [answers.length, answers[1], answers.at(-2), answers.at(-1)],
      [1003, '</c >', '</999 >', '</last >'],
    );
  });

  t.test(`what comes while an offer waits is read in measure, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t);
    const wire = sidecar.connect();
    wire.send(get('/wait') + offer('/c') + get('/d').repeat(600_000));
    await origin.received(1);
    await pause(150);
    t.ok(wire.socket.writableLength > 0, 'the client is held up');
  });

  t.test(`a client that leaves while its offer waits, ${door}`, async (t) => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const { origin, sidecar } = await begin(t);
      const wire = sidecar.connect();
      wire.send(get('/wait/a') + offer('/b'));
      await origin.received(1);
      await pause(20);
      wire.socket[leave]();
      await eventually(() => origin.connections === 0);
      t.equal(wire.text, '');
      t.equal(origin.requests.length, 1);
    }
  });

  t.test(`a client that takes nothing while its offer waits, ${door}`, async (t) => {
    const { origin, sidecar, release } = await begin(t, 'clients: { stall-timeout: 200ms }\n');
    const wire = sidecar.connect();
    wire.socket.pause();
    wire.send(get('/wait') + offer('/b'));
    await origin.received(1);
    await release('/wait', 16 * 1024 * 1024);
    await eventually(() => origin.connections === 0);
    t.equal(origin.requests.length, 1);
  });

  t.test(`a drain while an offer waits, ${door}`, async (t) => {
    const { origin, sidecar, release } = await begin(t);
    const wire = sidecar.connect();
    wire.send(get('/wait') + offer('/b') + get('/c'));
    await origin.received(1);
    await pause(20);
    const closed = sidecar.app.close();
    await pause(200);
    await release('/wait');
    const text = await wire.closed;
    t.same(text.match(/<.*>/g)?.[0], '</wait >');
    t.match(text, /Connection: close\r\n[\s\S]*<\/c >$/, 'what had been sent by then is answered');
    await closed;
  });

  t.test(`a drain that takes too long while an offer waits, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t, 'drain-timeout: 100ms\n');
    const wire = sidecar.connect();
    wire.send(get('/wait') + offer('/b'));
    await origin.received(1);
    await sidecar.app.close();
    t.equal(await wire.closed, '');
  });

  t.test(`an offer on a connection that ends, ${door}`, async (t) => {
    const { origin, sidecar } = await start(t, `fast-door: ${fast}\n`, (_req, res) => void res.end('early'));
    for (const large of ['', 'x'.repeat(12_000_000)]) {
      const before = origin.requests.length;
      const wire = sidecar.connect();
      wire.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nab`);
      await wire.until(/early/);
      wire.send(`cde${offer('/smuggled', `X: ${large.slice(0, 9_000)}\r\n`)}${get('/smuggled')}${large}`);
      t.same(statuses(await wire.closed), [200]);
      if (!wire.socket.closed) await once(wire.socket, 'close');
      t.equal(wire.socket.errored, null, 'what comes behind is taken, lest the answer be lost');
      t.equal(origin.requests.length, before + 1);
    }
  });

  t.test(`thousands of offers on one connection leave nothing behind on it, ${door}`, async (t) => {
    const { sidecar, ask, origin } = await begin(t);
    origin.handler = (_req, res) => res.setHeader('cache-control', 'max-age=60').end('stored');
    await ask('/hit', { headers: { host: 'a.test' } });
    const counts = new Set<string>();
    const look = (message: unknown) => {
      const { socket } = message as { readonly socket: Socket };
      if (socket.localPort !== sidecar.port) return;
      counts.add(
        JSON.stringify(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)])),
      );
    };
    subscribe('http.server.request.start', look);
    t.teardown(() => unsubscribe('http.server.request.start', look));
    const wire = sidecar.connect();
    const count = () => wire.text.match(/\r\n\r\nstored/g)?.length;
    for (let i = 1; i <= 100; i++) {
      wire.send(offer('/hit'));
      await wire.until(() => count() === i);
    }
    wire.send(offer('/hit').repeat(2_000));
    await wire.until(() => count() === 2_100);
    // At the first one of a connection, and at all that follow.
    t.ok(counts.size > 0 && counts.size <= 2, [...counts].join('\n'));
  });
}
