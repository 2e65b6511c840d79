import type { IncomingHttpHeaders } from 'node:http';
import t from 'tap';
import { isLoopback } from '../../src/address.ts';
import { createAccess } from '../../src/admin/authorise.ts';
import { namesLoopback } from '../../src/admin/loopback.ts';
import { createRefusals } from '../../src/admin/refusals.ts';
import { OperatorError } from '../../src/errors.ts';
import { running } from './running.ts';

t.test('tokens and scopes', async (t) => {
  const { call, log } = await running(t);
  const rows: readonly { id: string; given: [string, string, string | undefined]; expect: number }[] = [
    { id: 'no token', given: ['GET', '/stats', undefined], expect: 401 },
    { id: 'unknown token', given: ['GET', '/stats', 'guess'], expect: 401 },
    { id: 'read reads', given: ['GET', '/stats', 'read-me'], expect: 200 },
    { id: 'read reads metrics', given: ['GET', '/metrics', 'read-me'], expect: 200 },
    { id: 'metrics need a token', given: ['GET', '/metrics', undefined], expect: 401 },
    { id: 'config needs a token', given: ['GET', '/config', undefined], expect: 401 },
    { id: 'read may not purge', given: ['POST', '/purge', 'read-me'], expect: 403 },
    { id: 'read may not warm', given: ['POST', '/warm', 'read-me'], expect: 403 },
    { id: 'read may not reload', given: ['POST', '/reload', 'read-me'], expect: 403 },
    { id: 'purge reloads', given: ['POST', '/reload', 'purge-me'], expect: 200 },
    { id: 'probes need none', given: ['GET', '/healthz', undefined], expect: 200 },
    { id: 'readiness needs none', given: ['GET', '/readyz', undefined], expect: 200 },
  ];
  for (const { id, given, expect } of rows) {
    const [method, path, token] = given;
    const { status, headers, json } = await call(method, path, token === undefined ? {} : { token });
    t.equal(status, expect, id);
    if (status < 400) continue;
    t.equal(headers['content-type'], 'application/problem+json', id);
    t.match(headers['www-authenticate'], /^Bearer realm="cacheside"/, id);
    t.match(json, { type: 'about:blank', status, title: String, detail: String }, id);
  }
  t.equal((await call('GET', '/stats', { headers: { authorization: 'bEARER read-me' } })).status, 200);
  t.equal((await call('GET', '/stats', { headers: { authorization: 'Basic read-me' } })).status, 401);
  t.match(
    log.find(({ audit }) => audit?.by === 'dashboard'),
    {
      audit: {
        action: 'call',
        by: 'dashboard',
        from: '127.0.0.1',
        target: 'POST /purge',
        result: 'refused',
        details: { status: 403 },
      },
    },
  );
  t.notMatch(JSON.stringify(log), /guess|read-me/, 'tokens never reach the log');
});

t.test('without tokens loopback is open', async (t) => {
  const { call, log } = await running(t, { tokens: [] });
  t.equal((await call('GET', '/stats')).status, 200);
  t.equal((await call('POST', '/purge', { body: { all: true } })).status, 200);
  t.match(
    log.find((line) => line.msg === 'purge'),
    { audit: { by: 'local', from: '127.0.0.1', target: 'all', result: 'done' } },
  );
});

t.test('without tokens nothing else is', async (t) => {
  for (const host of ['0.0.0.0', '::']) {
    const error = await running(t, { tokens: [] }, { host, port: 0 }).catch((error: unknown) => error);
    t.ok(error instanceof OperatorError, host);
    t.match(error, { message: /admin\.tokens/ });
  }
  const call = (headers: IncomingHttpHeaders) => ({ method: 'GET', headers, address: '127.0.0.1' });
  const none = createAccess([], false, createRefusals(Date.now));
  t.throws(() => none.authorise(call({}), 'read'), /Bearer TOKEN/);
  const tokens = [{ name: 'empty', token: '', scopes: ['read'] }] as const;
  const empty = createAccess(tokens, true, createRefusals(Date.now));
  const host = 'localhost';
  t.throws(() => empty.authorise(call({ host }), 'read'), /Bearer TOKEN/);
  t.throws(() => empty.authorise(call({ host, authorization: 'Bearer ' }), 'read'), /Bearer TOKEN/);
});

t.test('an address in use is an error to act on', async (t) => {
  const { port } = await running(t);
  await t.rejects(running(t, {}, { host: '127.0.0.1', port }), {
    name: 'OperatorError',
    message: /EADDRINUSE/,
  });
});

t.test('on loopback foreign names and origins are refused (DNS rebinding)', async (t) => {
  for (const tokens of [[], undefined]) {
    const { call, port } = await running(t, tokens === undefined ? {} : { tokens });
    const rows: readonly { id: string; given: Record<string, string>; expect: number }[] = [
      { id: 'localhost', given: { host: `localhost:${port}` }, expect: 200 },
      { id: '127.0.0.1 without a port', given: { host: '127.0.0.1' }, expect: 200 },
      { id: '[::1]', given: { host: `[::1]:${port}` }, expect: 200 },
      { id: 'a name that resolves here', given: { host: `rebind.example:${port}` }, expect: 403 },
      { id: 'own origin', given: { host: 'localhost:1', origin: 'http://localhost:1' }, expect: 200 },
      { id: 'foreign origin', given: { host: 'localhost:1', origin: 'https://evil.example' }, expect: 403 },
      {
        id: 'another port of this host',
        given: { host: 'localhost:1', origin: 'http://localhost:2' },
        expect: 403,
      },
    ];
    for (const { id, given, expect } of rows) {
      t.equal((await call('GET', '/stats', { token: 'read-me', headers: given })).status, expect, id);
    }
    t.equal((await call('GET', '/healthz', { headers: { host: 'evil.example' } })).status, 403, 'probes too');
  }
});

t.test('beyond loopback any name will do, with a token', async (t) => {
  const { call } = await running(t, {}, { host: '0.0.0.0', port: 0 });
  const headers = { host: 'cacheside.internal:9090', origin: 'https://ops.example' };
  t.equal((await call('GET', '/stats', { headers, token: 'read-me' })).status, 200);
  t.equal((await call('GET', '/stats', { headers })).status, 401);
  t.equal((await call('GET', '/healthz', { headers })).status, 200);
});

t.test('unknown paths and wrong methods', async (t) => {
  const { call } = await running(t);
  const rows: readonly { id: string; given: [string, string]; expect: [number, string | undefined] }[] = [
    { id: 'unknown', given: ['GET', '/nothing'], expect: [404, undefined] },
    { id: 'below a path', given: ['GET', '/stats/'], expect: [404, undefined] },
    { id: 'prototype names', given: ['GET', '/__proto__'], expect: [404, undefined] },
    { id: 'purge by GET', given: ['GET', '/purge'], expect: [405, 'POST'] },
    { id: 'reload by GET', given: ['GET', '/reload?x=1'], expect: [405, 'POST'] },
    { id: 'warm by PUT', given: ['PUT', '/warm'], expect: [405, 'POST'] },
    { id: 'stats by POST', given: ['POST', '/stats'], expect: [405, 'GET, HEAD'] },
    { id: 'preflight', given: ['OPTIONS', '/purge'], expect: [405, 'POST'] },
  ];
  for (const { id, given, expect } of rows) {
    const { status, headers, json } = await call(...given, { token: 'purge-me' });
    t.same([status, headers.allow], expect, id);
    t.match(json, { status, detail: String }, id);
  }
  const head = await call('HEAD', '/stats', { token: 'read-me' });
  t.same([head.status, head.text], [200, '']);
  t.equal(head.headers['cache-control'], 'no-store');
  t.equal(head.headers['x-content-type-options'], 'nosniff');
});

t.test('what counts as loopback', async (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'localhost'])
    t.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '127.0.0.1.evil', ''])
    t.notOk(isLoopback(host), host);
  for (const field of ['', 'localhost:', ':80', '[::1', 'localhost:80:80', 'evil'])
    t.notOk(namesLoopback(field), field);
});
