import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { createRecorder } from '../../src/proxy/recorder.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { pause } from '../proxy/start.ts';
import { exchange } from './seen-answer.ts';
import {
  FIN,
  isDropped,
  PAUSE,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './upstream-script.ts';

const OK = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';
const POISON = `${OK}Content-Length: 6\r\n\r\npoison`;

const READERS = ['fast reader', 'undici'] as const;

interface Parts {
  readonly upstream: ScriptedUpstream;
  readonly sidecar: Sidecar;
  ask(method: string, path: string, more?: string): Promise<string>;
}

async function start(t: Test, reader: string, rest = "routes: [{ match: '/*' }]\n"): Promise<Parts> {
  const upstream = await startScriptedUpstream();
  t.teardown(() => upstream.close());
  const settings = `fast-reader: ${reader === 'fast reader'}, head-timeout: 800ms, idle-timeout: 800ms, keep-alive: 60s, breaker: off`;
  const sidecar = await startSidecar(
    upstream.url,
    `upstream: { url: '${upstream.url}', ${settings} }\n${rest}`,
  );
  t.teardown(() => sidecar.close());
  const ask = async (method: string, path: string, more = '') => {
    const wire = sidecar.connect();
    const seen = await exchange(wire, method, path, more);
    wire.socket.destroy();
    return seen === 'cut' ? 'cut' : seen.status >= 500 ? `${seen.status}` : `${seen.status} ${seen.body}`;
  };
  return { upstream, sidecar, ask };
}

const UNASKED: Record<string, string> = {
  'another response': POISON,
  'half of one': POISON.slice(0, 20),
  'its first byte': 'H',
  'an interim one': 'HTTP/1.1 103 E\r\n\r\n',
  'a 100': 'HTTP/1.1 100 C\r\n\r\n',
  'a line break': '\r\n',
  'a line feed': '\n',
  'a NUL': '\0',
  'a last chunk': '0\r\n\r\n',
};

for (const reader of READERS) {
  t.test(`${reader}: what nobody asked for, on a connection that nobody uses, ends it`, async (t) => {
    const { upstream, ask } = await start(t, reader);
    for (const [i, [id, bytes]] of Object.entries(UNASKED).entries()) {
      t.equal(await ask('GET', `/${i}`), '200 clean');
      const { socket } = upstream.played.at(-1) ?? {};
      if (socket === undefined) throw new Error('never asked');
      // Until it is one that nobody uses.
      await pause(10);
      socket.write(bytes, 'latin1');
      t.ok(await isDropped(socket), id);
      t.equal(await ask('GET', `/${i}/next`), '200 clean', `${id}: the next one`);
    }
  });

  t.test(`${reader}: what came at the same time as the next request is no answer to it`, async (t) => {
    const { upstream, sidecar } = await start(t, reader);
    const wire = sidecar.connect();
    for (let i = 0; i < 40; i++) {
      const first = await exchange(wire, 'GET', `/${i}`);
      t.match(first, { body: 'clean' });
      const { socket } = upstream.played.at(-1) ?? {};
      await pause(5);
      if (i % 2 === 0) socket?.write(POISON);
      const next = exchange(wire, 'GET', `/${i}/next`);
      if (i % 2 === 1) socket?.write(POISON);
      t.match(await next, { body: 'clean' });
    }
  });

  t.test(`${reader}: HEAD`, async (t) => {
    const { upstream, ask } = await start(t, reader);
    const rows: Record<string, readonly [Script, string]> = {
      'no body': [[`${OK}Content-Length: 6\r\n\r\n`], '200 '],
      'a body': [[POISON], '200 '],
      'a body, later': [[POISON.slice(0, -6), PAUSE, 'poison'], '200 '],
      'a response for a body': [[`${POISON.slice(0, -6)}${POISON}`], '200 '],
      chunks: [[`${OK}Transfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n`], '200 '],
      'no length': [[`${OK}\r\n`], '200 '],
      'no length, and a body': [[`${OK}\r\npoison`], '200 '],
      'a length in zeros': [[`${OK}Content-Length: 006\r\n\r\n`], '200 '],
      'two lengths': [[`${OK}Content-Length: 6\r\nContent-Length: 5\r\n\r\n`], '502'],
      'a length that is none': [[`${OK}Content-Length: six\r\n\r\n`], '502'],
      'both framings': [[`${OK}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n`], '502'],
      'another coding': [[`${OK}Transfer-Encoding: gzip\r\n\r\n`, FIN], '502'],
      'HTTP/2.0': [[`${OK.replace('1.1', '2.0')}\r\n`, FIN], '502'],
      'a CTL': [[`${OK}X: \x01\r\n\r\n`], '502'],
      '1xx and a body': [['HTTP/1.1 103 E\r\nContent-Length: 6\r\n\r\npoison'], '502'],
    };
    for (const [i, [id, [sends, expects]]] of Object.entries(rows).entries()) {
      upstream.scripts.set(`/${i}`, [sends]);
      t.equal(await ask('HEAD', `/${i}`), expects, id);
      const { socket } = upstream.played.at(-1) ?? {};
      t.ok(socket && (await isDropped(socket)), `${id}: its connection`);
      t.equal(await ask('GET', `/${i}`), '200 clean', `${id}: what follows`);
    }
  });

  t.test(`${reader}: a body without end is not collected`, async (t) => {
    const { upstream, sidecar, ask } = await start(t, reader, "routes: [{ match: '/*', max-body: 1MiB }]\n");
    const piece = 'x'.repeat(65_536);
    for (const [path, head] of [
      ['/length', `${OK}Content-Length: 999999999999\r\n\r\n`],
      ['/chunked', `${OK}Transfer-Encoding: chunked\r\n\r\n`],
      ['/odd', `${OK}X:  y\r\nTransfer-Encoding: chunked\r\n\r\n`],
      ['/close', `${OK}\r\n`],
    ] as const) {
      const isChunked = /chunked/.test(head);
      upstream.scripts.set(path, [[head, ...Array(2_000).fill(isChunked ? `10000\r\n${piece}\r\n` : piece)]]);
      const client = connect(sidecar.port, '127.0.0.1');
      let got = 0;
      let most = 0;
      client.on('data', (chunk) => {
        got += chunk.length;
        if (got % 32 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
      });
      const before = process.memoryUsage().arrayBuffers;
      client.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      await eventually(() => got > 48 * 1024 * 1024, 20_000);
      const taken = Math.round((Math.max(most, process.memoryUsage().arrayBuffers) - before) / 1024 / 1024);
      client.destroy();
      t.ok(taken < 40, `${path}: ${taken} MiB`);
      t.equal(await ask('GET', path), '200 clean');
    }
  });

  t.test(`${reader}: validators that are two are none`, async (t) => {
    const { upstream, ask } = await start(t, reader);
    const rows: Record<string, string> = {
      'two ETags': 'ETag: "a"\r\nETag: "b"\r\n',
      'two ETags in a line': 'ETag: "a", "b"\r\n',
      'any ETag': 'ETag: *\r\n',
    };
    for (const [i, [id, fields]] of Object.entries(rows).entries()) {
      upstream.scripts.set(`/${i}`, [
        [`HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\n${fields}Content-Length: 5\r\n\r\nhello`],
      ]);
      t.equal(await ask('GET', `/${i}`), '200 hello', id);
      t.equal(await ask('GET', `/${i}`), '200 clean', id);
      t.notMatch(upstream.played.at(-1)?.head, /if-none-match/i, id);
      upstream.scripts.set(`/${i}/f`, [[`${OK}${fields}Content-Length: 5\r\n\r\nhello`]]);
      await ask('GET', `/${i}/f`);
      t.equal(
        await ask('GET', `/${i}/f`, 'If-None-Match: "b"\r\n'),
        '200 hello',
        `${id}, asked with one of them`,
      );
    }
  });
}

t.test('a body of single bytes costs what it is long', async (t) => {
  const read = Buffer.alloc(65_536, 'x');
  const before = process.memoryUsage();
  const recorder = createRecorder(1024 * 1024);
  for (let i = 0; i < 1024 * 1024; i++) recorder.push(read.subarray(i % 65_536, (i % 65_536) + 1));
  const after = process.memoryUsage();
  t.equal(recorder.body().byteLength, 1024 * 1024);
  t.ok(after.heapUsed - before.heapUsed < 64 * 1024 * 1024, `${after.heapUsed - before.heapUsed} bytes`);

  for (const sizes of [[1], [5_000], [1, 5_000], [4_095, 4_096, 4_097], [16_384, 1], [3, 0, 7]]) {
    const parts = Array.from({ length: 200 }, (_, i) => Buffer.alloc(sizes[i % sizes.length] ?? 0, i + 1));
    const all = createRecorder(10_000_000);
    for (const part of parts) all.push(part);
    t.ok(Buffer.concat(parts).equals(all.body()), `pieces of ${sizes}`);
  }
});
