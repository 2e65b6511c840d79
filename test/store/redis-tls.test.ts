import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { startChild } from '../../scripts/demo/child.ts';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { start } from '../cli/run.ts';
import { until } from '../fixtures/cacheside.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort, redisBinary, startRedis } from '../fixtures/redis-server.ts';
import { documentedRules } from '../fixtures/redis-user.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

const CERTIFICATE = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url));
const KEY = fileURLToPath(new URL('../fixtures/tls/key.pem', import.meta.url));

const ACL = documentedRules('cacheside', 'server');
const PASSWORD = 's3:cr@t/1';
const USER = `app:${encodeURIComponent(PASSWORD)}`;

const port = await freePort();
const FILES = ['--tls-cert-file', CERTIFICATE, '--tls-key-file', KEY, '--tls-ca-cert-file', CERTIFICATE];
const overTls = (at: number) => [
  '--port',
  '0',
  '--tls-port',
  String(at),
  '--tls-auth-clients',
  'no',
  ...FILES,
];
const redis = await startRedis({
  port,
  args: [...overTls(port), ...['--user', 'app', 'on', `>${PASSWORD}`, ...ACL, '--user', 'default', 'off']],
});
t.teardown(() => redis.stop());
const origin = await startOrigin((_req, res, count) => void res.end(`answer ${count}`));
t.teardown(() => origin.close());
t.teardown(hangUp);

const at = (host: string): string => `rediss://${USER}@${host}:${port}/1`;

/** Cacheside as a process of its own, since Node reads the authorities it trusts at its start. */
async function replica(t: Test, url: string) {
  const running = start(
    ['--upstream', origin.url, '--ttl', '60s', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
    { CACHESIDE_REDIS: url, NODE_EXTRA_CA_CERTS: CERTIFICATE },
  );
  t.teardown(() => running.child.kill('SIGKILL'));
  const [, proxy = '', admin = ''] = await running.until(/: (http:\S+) in front of \S+, admin (\S+)/);
  return {
    running,
    async get(path: string, headers: Readonly<Record<string, string>> = {}) {
      const { status, cacheStatus } = await send({
        url: proxy + path,
        headers: { host: 'a.test', ...headers },
      });
      return `${status} ${cacheStatus}`;
    },
    purge: (json: unknown) => send({ url: `${admin}/purge`, method: 'POST', json }),
  };
}

type Replica = Awaited<ReturnType<typeof replica>>;

/** Resolves once the other one gives what the first one stored. */
async function shared(one: Replica, other: Replica, path: string): Promise<void> {
  for (const { running } of [one, other]) await running.until(/purge log: caught up/);
  t.match(await one.get(path), /^200 .*stored/);
  const stored = { 'cache-control': 'only-if-cached' };
  await until(async () => /hit; .*detail=redis/.test(await other.get(path, stored)));
}

// The last two wait for servers to come up, the others for processes.
t.jobs = 2;

t.test('replicas share responses and purges over TLS, as a user of their own', async (t) => {
  const [one, other] = await Promise.all([replica(t, at('localhost')), replica(t, at('127.0.0.1'))]);
  await shared(one, other, '/a');

  t.match(await one.purge({ all: true }), { status: 200, text: /applied/ });
  await until(async () => /detail=purged/.test(await other.get('/a')));

  for (const { running } of [one, other]) {
    running.child.kill('SIGTERM');
    const { code, stdout, stderr } = await running.finished;
    t.equal(code, 0);
    t.notMatch(stdout + stderr, /"level":"(?:warn|error)|NOPERM|Warning/, 'nothing to complain of');
  }
});

/** This process trusts nobody but the usual authorities: resolves once a sidecar in it warns of that. */
async function untrusting(t: Test, url: string, reason = /^/): Promise<Sidecar> {
  const sidecar = await startSidecar(origin.url, `redis: "${url}"\nroutes: [{ match: "/*", ttl: 60s }]\n`);
  t.teardown(() => sidecar.close());
  const told = /self-signed certificate.*NODE_EXTRA_CA_CERTS"}.*redis: down/;
  const isTold = (line: string) => reason.test(line) && told.test(line);
  await eventually(() => sidecar.log.some((line) => isTold(JSON.stringify(line))), 15_000);
  return sidecar;
}

t.test('a certificate that nobody vouches for', async (t) => {
  const { ask } = await untrusting(t, at('localhost'));
  t.match(await ask('/untrusted'), { status: 200, cacheStatus: /stored/ });
  t.match(await ask('/untrusted'), { status: 200, cacheStatus: /hit; .*detail=memory/ });
});

t.test('a password that is not right', async (t) => {
  const { running, get } = await replica(t, `rediss://app:wrong@localhost:${port}`);
  await running.until(/"level":"warn".*WRONGPASS.*redis: down/);
  t.match(await get('/refused'), /^200 .*stored/);
});

t.test('a Cluster', async (t) => {
  const nodePort = await freePort();
  const bus = await freePort();
  const node = await startRedis({
    port: nodePort,
    args: [
      ...overTls(nodePort),
      ...['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-announce-ip', '127.0.0.1'],
      ...['--tls-cluster', 'yes', '--tls-replication', 'yes'],
    ],
  });
  t.teardown(() => node.stop());
  const admin = new Redis(nodePort, '127.0.0.1', { tls: { ca: readFileSync(CERTIFICATE) } });
  t.teardown(() => admin.disconnect());
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  const url = `rediss-cluster://localhost:${nodePort}`;
  const [one, other] = await Promise.all([replica(t, url), replica(t, url)]);
  await shared(one, other, '/cluster');
  await untrusting(t, url);
});

t.test('Sentinels', async (t) => {
  const [masterPort, sentinelPort] = [await freePort(), await freePort()];
  const master = await startRedis({
    port: masterPort,
    args: [...overTls(masterPort), '--tls-replication', 'yes'],
  });
  t.teardown(() => master.stop());
  const directory = mkdtempSync(join(tmpdir(), 'sentinel-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'sentinel.conf');
  writeFileSync(file, `dir ${directory}\nsentinel monitor shop 127.0.0.1 ${masterPort} 1\n`);
  const sentinel = startChild(redisBinary(), [
    ...[file, '--sentinel', '--bind', '127.0.0.1', '--tls-replication', 'yes'],
    ...overTls(sentinelPort),
  ]);
  t.teardown(() => sentinel.stop(500));
  await sentinel.line(/\+monitor/);
  const url = `rediss-sentinel://localhost:${sentinelPort}/shop`;
  const [one, other] = await Promise.all([replica(t, url), replica(t, url)]);
  await shared(one, other, '/sentinel');
  await untrusting(t, url, /no Sentinel can be asked: self-signed/);
});
