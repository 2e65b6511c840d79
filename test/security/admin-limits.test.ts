import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t from 'tap';
import { createAccess } from '../../src/admin/authorise.ts';
import { limitConnections } from '../../src/admin/connections.ts';
import { ADDRESSES, createRefusals, FAILURES, networkOf, WINDOW } from '../../src/admin/refusals.ts';
import { compileGlob } from '../../src/purge/glob.ts';
import { running } from '../admin/running.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { stillClock } from '../fixtures/still-clock.ts';
import { request, tell } from './admin-wire.ts';

const STRONG = 'a-token-of-more-than-thirty-two-characters';
const TOKENS = [
  { name: 'weak', token: 'purge-me', scopes: ['read', 'purge'] },
  { name: 'strong', token: STRONG, scopes: ['read', 'purge'] },
] as const;

const bearer = (token: string) => `Authorization: Bearer ${token}`;
const stats = (token: string) => request('GET', '/stats', [bearer(token)]);

t.test('which addresses count as one', async (t) => {
  const rows: readonly { given: string; expect: string }[] = [
    { given: '127.0.0.1', expect: '127.0.0.1' },
    { given: '::ffff:127.0.0.1', expect: '127.0.0.1' },
    { given: '::FFFF:10.1.2.3', expect: '10.1.2.3' },
    { given: '::1', expect: '0:0:0:0::/64' },
    { given: '2001:db8:1:2:3:4:5:6', expect: '2001:db8:1:2::/64' },
    { given: '2001:db8:1:2::', expect: '2001:db8:1:2::/64' },
    { given: '2001:0DB8:1:2:ffff::9', expect: '2001:db8:1:2::/64' },
    { given: '2001:db8::9', expect: '2001:db8:0:0::/64' },
    { given: 'fe80::1%eth0', expect: 'fe80:0:0:0::/64' },
    { given: '64:ff9b::10.0.0.1', expect: '64:ff9b:0:0::/64' },
    { given: '', expect: '' },
  ];
  for (const { given, expect } of rows) t.equal(networkOf(given), expect, given);
});

t.test('guesses: from one address, at others, from very many', async (t) => {
  const clock = stillClock();
  const access = createAccess(TOKENS, false, createRefusals(clock.monotonic));
  const ask = (address: string, token?: string): number => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      access.authorise({ method: 'GET', headers, address }, 'read');
      return 200;
    } catch (error) {
      return Reflect.get(Object(error), 'status');
    }
  };
  for (let i = 0; i < FAILURES; i++) t.equal(ask('10.0.0.1', i % 2 ? undefined : `guess${i}`), 401);
  const rows: readonly { id: string; given: [string, string?]; expect: number }[] = [
    { id: 'one more guess', given: ['10.0.0.1', 'guess'], expect: 429 },
    { id: 'none', given: ['10.0.0.1'], expect: 429 },
    { id: 'the token itself is not looked at', given: ['10.0.0.1', 'purge-me'], expect: 429 },
    { id: 'mapped into IPv6', given: ['::ffff:10.0.0.1', 'purge-me'], expect: 429 },
    { id: 'a long guess', given: ['10.0.0.1', 'x'.repeat(64)], expect: 429 },
    { id: 'a token that nobody guesses', given: ['10.0.0.1', STRONG], expect: 200 },
    { id: 'at another address', given: ['10.0.0.2', 'purge-me'], expect: 200 },
  ];
  for (const { id, given, expect } of rows) t.equal(ask(...given), expect, id);
  clock.advance(WINDOW - 1);
  t.equal(ask('10.0.0.1', 'purge-me'), 429, 'what was refused meanwhile did not prolong it');
  clock.advance(1);
  t.equal(ask('10.0.0.1', 'purge-me'), 200);
  for (let i = 0; i < FAILURES; i++) {
    ask('10.0.0.3', 'guess');
    ask('10.0.0.3', 'purge-me');
  }
  t.equal(ask('10.0.0.3', 'purge-me'), 429, 'a success in between forgives nothing');
  for (let i = 0; i < FAILURES; i++) ask(`2001:db8::${i}`, 'guess');
  t.equal(ask('2001:db8::ffff', 'purge-me'), 429, 'all of a /64');
  t.equal(ask('2001:db8:0:1::', 'purge-me'), 200, 'and no more than that');

  clock.advance(WINDOW);
  let looked = 0;
  for (let i = 0; i < 20_000; i++) if (ask(`10.1.${i >> 8}.${i & 255}`, `guess${i}`) === 401) looked++;
  t.equal(looked, ADDRESSES + FAILURES, 'beyond the addresses remembered, all others count as one');
  t.equal(ask('10.0.0.9', 'purge-me'), 429);
  t.equal(ask('10.0.0.9', STRONG), 200);
  clock.advance(WINDOW);
  t.equal(ask('10.0.0.9', 'purge-me'), 200);
});

t.test('on the wire: Retry-After, and a few lines of the log for any number of calls', async (t) => {
  const clock = stillClock();
  const { port, log } = await running(t, { tokens: TOKENS, clock });
  const answers = [];
  for (let i = 0; i < 40; i++) answers.push(await tell(port, stats(`guess${i}`)));
  t.same(
    answers.map(({ status }) => status),
    [...Array(FAILURES).fill(401), ...Array(40 - FAILURES).fill(429)],
  );
  t.match(answers.at(-1)?.text, /^retry-after: 60\r$/m);
  t.match(answers.at(-1)?.text, /^content-type: application\/problem\+json\r$/m);
  t.equal((await tell(port, request('GET', '/healthz'))).status, 200, 'probes go on');
  t.equal((await tell(port, stats(STRONG))).status, 200);
  t.equal((await tell(port, stats('purge-me'))).status, 429, 'who has a short token is kept out here');
  const elsewhere = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  elsewhere.end(stats('purge-me'));
  t.match(String((await once(elsewhere, 'data'))[0]), /^HTTP\/1\.1 200 /, 'and at another address not');
  const call = { action: 'call', by: 'unknown', from: '127.0.0.1', target: 'GET /stats' };
  t.match(
    log.map(({ audit }) => audit),
    [
      { ...call, result: 'refused', details: { status: 401, why: String } },
      { ...call, result: 'limited', details: { status: 429, unlogged: FAILURES - 1 } },
    ],
  );
  t.equal(log.length, 2);
  clock.advance(WINDOW);
  t.equal((await tell(port, stats('guess'))).status, 401);
  t.match(log[2], { audit: { result: 'refused', details: { unlogged: 30 } } });
});

t.test('who asks slowly on very many connections keeps no probe out', async (t) => {
  const { port } = await running(t, { tokens: TOKENS });
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  let ended = 0;
  const open = async (bytes: string) => {
    const socket = connect(port, '127.0.0.1').resume();
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('close', () => ended++);
    await once(socket, 'connect');
    socket.write(bytes);
  };
  const body = `POST /purge HTTP/1.1\r\nHost: localhost\r\n${bearer(STRONG)}\r\nContent-Length: 50\r\n\r\n{`;
  for (let i = 0; i < 1_120; i += 80) {
    await Promise.all(Array.from({ length: 80 }, () => open(body)));
    if (i % 240 === 0) t.equal((await tell(port, request('GET', '/healthz'))).status, 200, `${i}`);
  }
  await eventually(() => ended >= 96);
  t.ok(ended < 160, `${ended} that asked for nothing gave way`);
  t.equal((await tell(port, request('GET', '/readyz'))).status, 200);
  t.equal((await tell(port, request('POST', '/purge', [bearer(STRONG)], '{"tag":"a"}'))).status, 200);
});

t.test('of few connections, the one on which nothing was asked for the longest gives way', async (t) => {
  const release: (() => void)[] = [];
  const server = createServer((request, response) => {
    const leave = connections.busy(request.socket);
    const end = () => {
      leave();
      response.end();
    };
    if (request.url === '/held') release.push(end);
    else end();
  });
  const connections = limitConnections(server, 3);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const closed: string[] = [];
  const open = async (name: string, url?: string) => {
    const socket = connect(port, '127.0.0.1').resume();
    socket.on('error', () => {});
    socket.on('close', () => closed.push(name));
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    const ask = (path: string) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (url !== undefined) ask(url);
    return ask;
  };
  const first = await open('first', '/');
  await open('second');
  first('/');
  await open('held', '/held');
  await eventually(() => release.length === 1);
  await open('fourth');
  await eventually(() => closed.length === 1);
  t.same(closed, ['second'], 'neither who asked again, nor whose call is being carried out');
  first('/held');
  await eventually(() => release.length === 2);
  await open('fifth', '/held');
  await eventually(() => release.length === 3);
  t.same(closed, ['second', 'fourth']);
  await open('sixth');
  await eventually(() => closed.length === 3);
  t.same(closed, ['second', 'fourth', 'sixth'], 'all are busy: who comes is refused');
  for (const end of release) end();
  await open('seventh', '/');
  await eventually(() => closed.length === 4);
  t.equal(closed[3], 'held', 'once it was answered it waits like others');
});

t.test('a purge does not wait for a count that takes for ever, as under very many dry runs', async (t) => {
  const counted = new Promise<number>(() => {});
  const { call } = await running(t, { tokens: [], matching: () => counted });
  const { status, json } = await call('POST', '/purge', { body: { tags: ['a', 'b'] } });
  t.match({ status, json }, { status: 200, json: { status: 'applied', matched: null } });
});

t.test('idempotency keys by the thousand leave no more than the history', async (t) => {
  const { port, call } = await running(t, { tokens: [] });
  const { ADMIN_KEYS: asked = '750' } = process.env;
  const count = Number(asked);
  t.setTimeout(30_000 + 10 * count);
  const order = (key: string, last = false) =>
    `POST /purge HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: ${key}\r\n${last ? 'Connection: close\r\n' : ''}` +
    'Content-Length: 11\r\n\r\n{"tag":"a"}';
  for (let i = 0; i < count; i += 250) {
    const calls = Array.from({ length: 250 }, (_, k) => order(`key-${i + k}`, k === 249));
    const { text } = await tell(port, calls.join(''));
    t.equal(text.match(/^HTTP\/1\.1 200 /gm)?.length, 250);
  }
  const { json } = await call('GET', '/purges?limit=500');
  t.equal((json.purges as unknown[]).length, 500);
  t.match(await tell(port, order(`key-${count - 1}`, true)), { text: /"repeated": true/ });
  t.notMatch(await tell(port, order('key-0', true)), { text: /"repeated"/ }, 'that one is forgotten');
  const none = ['', 'x'.repeat(256), 'a b', 'a, b', '\xe4', 'a\r\nIdempotency-Key: a'];
  for (const key of none) t.equal((await tell(port, order(key, true))).status, 400, key.slice(0, 9));
});

t.test('a pattern of thousands of stars costs what its text costs', async (t) => {
  const text = `/${'a'.repeat(60)}`;
  const matches = compileGlob(`/${'*a'.repeat(4_000)}`);
  const began = process.cpuUsage();
  let found = 0;
  for (let i = 0; i < 2_000; i++) if (matches(text)) found++;
  t.equal(found, 0);
  t.ok(process.cpuUsage(began).user < 2_000_000, 'with its own length it was 5 s');
});

t.test('figures have no more labels for whatever is asked for', async (t) => {
  const origin = await startOrigin((_, res) => res.end('x'));
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, 'routes: [{ name: all, match: /*, ttl: 1m }]');
  t.teardown(() => sidecar.close());
  const series = async () => {
    const lines = (await sidecar.admin('/metrics')).text.split('\n');
    return lines.filter((line) => /^cacheside_/.test(line)).map((line) => line.replace(/ \S+$/, ''));
  };
  await sidecar.ask('/first');
  const before = await series();
  const odd = ['__proto__', 'constructor', 'a"b', 'a{b="c"}', 'evil.example\nx 1'];
  for (let i = 0; i < 120; i++) {
    const host = i < odd.length ? `h${i}` : `h${i}.example`;
    await sidecar.ask(`/${encodeURIComponent(odd[i] ?? `p${i}`)}?q=${i}`, {
      method: ['GET', 'POST', 'PROPFIND', 'DELETE'][i % 4] ?? 'GET',
      headers: { host, 'user-agent': `agent-${i}`, 'x-request-id': `id-${i}` },
    });
  }
  const after = await series();
  t.ok(before.length > 50, `${before.length} series`);
  t.same(after, before);
});
