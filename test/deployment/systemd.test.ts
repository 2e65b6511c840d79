import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { findBinary, freePort } from '../fixtures/redis-server.ts';
import { listenTo } from './output.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = `${ROOT}config/systemd/cacheside.service`;
const unit = readFileSync(FILE, 'utf8');
const { CACHESIDE_TEST_BUILT: built } = process.env;

/** All values of a setting, in order. */
const settings = (name: string): string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
const setting = (name: string): string => settings(name).at(-1) ?? '';

t.teardown(hangUp);

t.test('it agrees with the defaults that it stands around', async (t) => {
  const defaults = readFileSync(`${ROOT}docs/configuration.md`, 'utf8');
  const ofRow = (key: string) => new RegExp(`^\\| \`${key}\` \\|[^|]*\\| \`(\\d+)`, 'm').exec(defaults)?.[1];
  t.ok(Number(setting('TimeoutStopSec')) > Number(ofRow('drain-timeout')) + Number(ofRow('drain-delay')));
  t.equal(setting('MemoryMax'), `${Number(ofRow('limit')) + 200}M`);
  t.ok(Number(setting('LimitNOFILE')) > 2 * Number(ofRow('max-connections')));
  t.equal(setting('KillSignal'), 'SIGTERM');
  t.equal(setting('MemoryDenyWriteExecute'), '', 'V8 would not start');
});

const analyze = findBinary('systemd-analyze');
t.test('systemd finds nothing wrong with it', { skip: analyze ? false : 'no systemd here' }, async (t) => {
  const verified = spawnSync(analyze ?? '', ['verify', FILE], { encoding: 'utf8' });
  t.match(verified, { status: 0, stderr: '' });
  const secure = spawnSync(analyze ?? '', ['security', '--offline=true', '--threshold=20', FILE], {
    encoding: 'utf8',
  });
  t.equal(secure.status, 0, secure.stdout.split('\n').at(-2) ?? '');
});

t.test('its very commands check, run, reload and stop', async (t) => {
  const origin = await startOrigin((_req, res) => void res.end('hello'));
  t.teardown(() => origin.close());
  const [port, adminPort] = [await freePort(), await freePort()];
  const entry = built ? `${ROOT}bin/cacheside` : `--import=tsx ${ROOT}test/cli/cacheside.ts`;
  const yaml = [
    `upstream: ${origin.url}`,
    `listen: 127.0.0.1:${port}`,
    `admin: { listen: '127.0.0.1:${adminPort}' }`,
    'routes: [{ name: a, match: /a, ttl: 1m }]',
  ].join('\n');
  const folder = t.testdir({
    etc: { 'proxy.yaml': yaml },
    credentials: { 'admin-token': 'secret\n' },
    bin: { cacheside: `#!/bin/sh\nunset NODE_OPTIONS\nexec "${process.execPath}" ${entry} "$@"\n` },
  });
  chmodSync(`${folder}/bin/cacheside`, 0o755);
  const file = `${folder}/etc/proxy.yaml`;
  const variables = settings('Environment').map((pair) => pair.replace('%d', `${folder}/credentials`));
  const env = {
    ...Object.fromEntries(variables.map((pair) => pair.split('='))),
    PATH: `${folder}/bin:${process.env['PATH']}`,
  };
  /** As systemd does: words at spaces, no shell, its own paths in place of those of a machine. */
  const words = (line: string, pid = 0): string[] =>
    line
      .split(' ')
      .map((word) => word.replace('/etc/cacheside', `${folder}/etc`).replace('$MAINPID', `${pid}`));
  const run = (line: string, pid?: number) => {
    const [command = '', ...args] = words(line, pid);
    return spawnSync(command, args, { env, encoding: 'utf8' });
  };
  t.match(run(setting('ExecStartPre')), { status: 0, stdout: /^OK: /m });
  const [command = '', ...args] = words(setting('ExecStart'));
  const child = spawn(command, args, { env });
  t.teardown(() => child.kill('SIGKILL'));
  const { text, until, ended } = listenTo(child);
  await until(/ in front of /);
  const admin = (headers = {}) => send({ url: `http://127.0.0.1:${adminPort}/config`, headers });
  t.equal((await send({ url: `http://127.0.0.1:${port}/a` })).text, 'hello');
  t.equal((await admin()).status, 401, 'the credential is its token');
  t.match((await admin({ authorization: 'Bearer secret' })).text, /"name": "a"/);
  const reload = () => settings('ExecReload').every((line) => run(line, child.pid).status === 0);
  writeFileSync(file, yaml.replace('name: a', 'nam: b'));
  t.notOk(reload(), 'a file with a mistake fails the reload');
  t.match(run(setting('ExecStartPre')), { status: 2, stderr: /unknown key `nam`/ });
  writeFileSync(file, yaml.replace('name: a', 'name: b'));
  t.ok(reload());
  await until(/"action":"reload".*"result":"done"/);
  t.notMatch(text(), /"action":"reload".*"result":"(refused|failed)"/, 'of the first it never heard');
  hangUp();
  child.kill(setting('KillSignal') as NodeJS.Signals);
  t.equal(await ended, 0);
});
