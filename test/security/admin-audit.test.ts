import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { AuditRecord } from '../../src/observe/audit.ts';
import { start } from '../cli/run.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { request, tell } from './admin-wire.ts';

/*
 * Every change of state is in the log, and what else the log and the admin port tell: of one sidecar from its start
 * to its end, with a log that lets through as little as it can.
 */

const SECRETS = {
  redis: 'the-password-of-redis',
  hmac: 'the-hmac-key-of-the-values',
  before: 'the-hmac-key-of-before',
  token: 'the-token-of-deploy-which-is-long-enough',
  look: 'the-token-of-looking',
  environment: 'only-in-the-environment',
};
const DEPLOY = `Authorization: Bearer ${SECRETS.token}`;

t.test('who changed what, from the start to the end', async (t) => {
  const origin = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.teardown(() => origin.close());
  const redis = await startRedis({ args: ['--requirepass', SECRETS.redis] });
  t.teardown(() => redis.stop());
  const file = `${t.testdir({})}/proxy.yaml`;
  const write = (rest: string) =>
    writeFileSync(
      file,
      `upstream: http://127.0.0.1:${(origin.address() as AddressInfo).port}
log: { level: error, access: false }
redis: { url: 'redis://:${SECRETS.redis}@127.0.0.1:${redis.port}', hmac-key: ['\${KEY}', ${SECRETS.before}] }
admin:
  tokens:
    - { name: deploy, token: ${SECRETS.token} }
    - { name: looks, token: '\${LOOK}', scopes: [read] }
${rest}`,
    );
  write('routes: [{ name: all, match: /*, ttl: 1m }]\n');
  const env = { KEY: SECRETS.hmac, LOOK: SECRETS.look, SOMETHING: SECRETS.environment };
  const running = start(['-c', file, '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'], env);
  t.teardown(() => running.child.kill('SIGKILL'));
  const [, admin = ''] = await running.until(/admin http:\/\/127\.0\.0\.1:(\d+)/);
  const ask = (method: string, path: string, body = '', lines = [DEPLOY]) =>
    tell(Number(admin), request(method, path, lines, body));

  await ask('POST', '/purge', '{"tag":"a","soft":true,"url":"/a?token=s3cret"}', [
    DEPLOY,
    'X-Request-Id: req-1',
  ]);
  await ask('POST', '/purge', '{"all":true,"dry-run":true}');
  for (let i = 0; i < 2; i++) await ask('POST', '/purge', '{"all":true}', [DEPLOY, 'Idempotency-Key: once']);
  await ask('POST', '/purge', '{"tag":"\u202egnp.exe"}');
  await ask('POST', '/warm', '{"paths":["/a?sig=s3cret","/b"]}');
  await ask('POST', '/reload');
  await ask('POST', '/purge', '{"al":true}');
  await ask('POST', '/purge', '{"all":true}', ['Authorization: Bearer a-guess']);
  await ask('POST', '/purge', '{"all":true}', [`Authorization: Bearer ${SECRETS.look}`]);
  const shown = [];
  for (const path of ['/config', '/stats', '/metrics', '/purges', '/readyz', '/healthz']) {
    const heard = await ask('GET', path);
    t.equal(heard.status, 200, path);
    shown.push(heard.text);
  }
  write('routes: [{ name: all, match: /*, ttl: 1m, unsafe: { store-private: true } }]\n');
  running.child.kill('SIGHUP');
  await running.until(/unsafe\.store-private/);
  write(`routes: [{ name: all, match: /*, ttl: 1m }\n  token: ${SECRETS.environment}`);
  shown.push((await ask('POST', '/reload')).text);
  running.child.kill('SIGHUP');
  await running.until(/"from":"SIGHUP"[^\n]*"refused"/);
  running.child.kill('SIGTERM');
  const { code, stdout, stderr } = await running.finished;
  t.equal(code, 0);

  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const audited: AuditRecord[] = lines.flatMap(({ audit }) => audit ?? []);
  const deploy = { by: 'deploy', from: '127.0.0.1', requestId: String };
  const purge = { ...deploy, action: 'purge' };
  const reload = { action: 'reload', target: file };
  t.match(audited, [
    { action: 'start', by: 'local', from: 'command line', result: 'done', details: { file, without: [] } },
    {
      ...purge,
      requestId: 'req-1',
      target: 'url /a?token=[redacted] (soft), tag a (soft)',
      result: 'done',
      details: { count: 2, position: Number, order: String },
    },
    { ...purge, target: 'all', result: 'dry-run', details: { count: 1, matched: 0 } },
    { ...purge, target: 'all', result: 'done' },
    { ...purge, target: 'all', result: 'repeated' },
    { ...purge, target: 'tag \\u{202e}gnp.exe', result: 'done' },
    {
      ...deploy,
      action: 'warm',
      target: '/a?sig=[redacted], and 1 more',
      result: 'done',
      details: { requested: 2, stored: 2 },
    },
    { ...deploy, ...reload, result: 'done', details: { routes: 1, without: [] } },
    {
      action: 'call',
      by: 'unknown',
      from: '127.0.0.1',
      target: 'POST /purge',
      result: 'refused',
      details: { status: 401 },
    },
    {
      action: 'call',
      by: 'looks',
      from: '127.0.0.1',
      target: 'POST /purge',
      result: 'refused',
      details: { status: 403 },
    },
    {
      ...reload,
      by: 'local',
      from: 'SIGHUP',
      result: 'done',
      details: { without: ['route all: unsafe.store-private'] },
    },
    { ...deploy, ...reload, result: 'refused', details: { why: String } },
    { ...reload, by: 'local', from: 'SIGHUP', result: 'refused' },
    { action: 'stop', by: 'local', from: 'SIGTERM', result: 'done' },
  ]);
  t.equal(audited.length, 14, 'and no more: a mistake changes nothing');
  t.ok(lines.every(({ audit, level }) => (audit === undefined ? level === 'error' : level === 'info')));
  const told = [stdout, stderr, ...shown].join('\n');
  for (const [name, secret] of Object.entries({ ...SECRETS, guess: 'a-guess' }))
    t.notOk(told.includes(secret), `${name} is told nowhere`);
  t.ok(readFileSync(file, 'utf8').includes(SECRETS.token), 'though it stands in the file');
  t.notMatch(stdout, /\u202e/);
  t.notMatch(told, /s3cret/, 'nor what stands in a query');
});
