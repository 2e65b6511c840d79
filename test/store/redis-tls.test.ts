import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { start } from '../cli/run.ts';
import { until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';

const CERTIFICATE = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url));
const KEY = fileURLToPath(new URL('../fixtures/tls/key.pem', import.meta.url));

/** What docs/deployment.md gives Cacheside in a Redis that it shares. */
const ACL = '~cacheside:* +get +set +unlink +xadd +xread +xrange +xinfo|stream +info +select +client|setname';
const PASSWORD = 's3:cr@t/1';
const USER = `app:${encodeURIComponent(PASSWORD)}`;

const port = await freePort();
const redis = await startRedis({
  port,
  args: [
    ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
    ...['--tls-cert-file', CERTIFICATE, '--tls-key-file', KEY, '--tls-ca-cert-file', CERTIFICATE],
    ...['--user', 'app', 'on', `>${PASSWORD}`, ...ACL.split(' '), '--user', 'default', 'off'],
  ],
});
t.teardown(() => redis.stop());
const origin = await startOrigin((_req, res, count) => void res.end(`answer ${count}`));
t.teardown(() => origin.close());
t.teardown(hangUp);

const TRUSTING = { NODE_EXTRA_CA_CERTS: CERTIFICATE };

/** Cacheside as a process of its own, since Node reads the authorities it trusts at its start. */
async function replica(t: Test, host: string, env: Readonly<Record<string, string>> = TRUSTING) {
  const running = start(
    ['--upstream', origin.url, '--ttl', '60s', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
    { CACHESIDE_REDIS: `rediss://${USER}@${host}:${port}/1`, ...env },
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

t.test('replicas share responses and purges over TLS, as a user of their own', async (t) => {
  const [one, other] = await Promise.all([replica(t, 'localhost'), replica(t, '127.0.0.1')]);
  for (const { running } of [one, other]) await running.until(/purge log: caught up/);
  t.match(await one.get('/a'), /^200 .*stored/);
  const stored = { 'cache-control': 'only-if-cached' };
  await until(async () => /hit; .*detail=redis/.test(await other.get('/a', stored)));

  t.match(await one.purge({ all: true }), { status: 200, text: /applied/ });
  await until(async () => /detail=purged/.test(await other.get('/a')));

  for (const { running } of [one, other]) {
    running.child.kill('SIGTERM');
    const { code, stdout, stderr } = await running.finished;
    t.equal(code, 0);
    t.notMatch(stdout + stderr, /refused|Warning/, 'nothing to complain of');
  }
});

t.test('a certificate that nobody vouches for', async (t) => {
  const { running, get } = await replica(t, 'localhost', {});
  await running.until(/"level":"warn".*self-signed certificate.*NODE_EXTRA_CA_CERTS"}.*redis: down/);
  t.match(await get('/untrusted'), /^200 .*stored/);
  t.match(await get('/untrusted'), /^200 .*hit; .*detail=memory/);
});

t.test('a password that is not right', async (t) => {
  const wrong = { CACHESIDE_REDIS: `rediss://app:wrong@localhost:${port}`, ...TRUSTING };
  const { running, get } = await replica(t, 'localhost', wrong);
  await running.until(/"level":"warn".*WRONGPASS.*redis: down/);
  t.match(await get('/refused'), /^200 .*stored/);
});
