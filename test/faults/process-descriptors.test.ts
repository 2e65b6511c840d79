import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { descriptorShortage } from '../../src/cli/descriptors.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';

t.teardown(hangUp);

/** CPU time of a process so far; s. */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const limitTo = (pid: number, files: number) =>
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);

t.test('no more files may be open', async (t) => {
  const held: (() => void)[] = [];
  const origin = await startOrigin((req, res) => {
    if (req.url?.startsWith('/held')) held.push(() => res.end('held'));
    else res.setHeader('cache-control', 'max-age=600').end('x');
  });
  t.teardown(() => origin.close());
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const cacheside = await startCacheside(['--upstream', origin.url, '--redis', redis.url]);
  t.teardown(() => cacheside.stop());
  const { pid, lines } = cacheside.child;
  const port = Number(new URL(cacheside.url).port);
  const ask = (path: string): Promise<number | string> =>
    new Promise((resolve) => {
      get({ port, host: '127.0.0.1', path, agent: false, timeout: 10_000 }, (res) => {
        res.resume().on('end', () => resolve(res.statusCode ?? 0));
      }).on('error', ({ message }) => resolve(message));
    });
  t.equal((await cacheside.get('/stored')).status, 200);
  const open = () => readdirSync(`/proc/${pid}/fd`).length;

  // Forty clients fit, and no connection to the upstream behind them.
  const clients = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'));
  await Promise.all(clients.map((client) => once(client, 'connect')));
  await until(async () => open() >= 50);
  const say = (client: Socket | undefined, path: string) => {
    client
      ?.setEncoding('latin1')
      .write(`GET ${path} HTTP/1.1\r\nHost: ${new URL(cacheside.url).host}\r\n\r\n`);
    return once(client as Socket, 'data').then(([answer]) => String(answer));
  };
  const kept = say(clients[1], '/held/a');
  await origin.received(2);
  limitTo(pid, open());
  let shed = 0;
  const more = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
  for (const client of more)
    client
      .on('error', () => {})
      .on('close', () => shed++)
      .resume();
  // A few take the numbers that are still free.
  await until(async () => shed > 30);
  t.pass('who connects meanwhile is not left waiting');
  t.match(await say(clients[0], '/stored'), /^HTTP\/1.1 200 /, 'what is stored is answered');
  t.match(
    await say(clients[2], '/held/b'),
    /^HTTP\/1.1 50[234] [\s\S]*ulimit -n/,
    'with no connection to the upstream',
  );
  for (const finish of held) finish();
  t.match(await kept, /^HTTP\/1.1 200 /);
  const before = cpu(pid);
  await delay(1_000);
  t.ok(cpu(pid) - before < 0.3, `${cpu(pid) - before} s of CPU time in a second`);

  await redis.restart();
  for (const client of [...clients, ...more]) client.destroy();
  const statuses = new Set<number | string>();
  await until(async () => {
    const status = await ask('/new');
    statuses.add(status);
    return status === 200;
  });
  await until(async () => JSON.parse((await cacheside.admin('/readyz')).text).redis.status === 'ready');
  t.ok(cacheside.child.running);
  const told = lines.filter((line) => /"level":"(?:warn|error)"/.test(line));
  t.ok(told.length < 20, `told in ${told.length} lines`);
});

t.test('fewer files than connections are told of at the start', async (t) => {
  const config = (clients: number, connections: number, workers: number) =>
    ({ downstream: { maxConnections: clients }, upstream: { connections }, workers }) as Parameters<
      typeof descriptorShortage
    >[0];
  t.same(descriptorShortage(config(1_000, 100, 1), 1_199), {
    limit: 1_199,
    needed: 1_200,
    clients: 1_000,
    upstream: 100,
  });
  t.equal(descriptorShortage(config(1_000, 100, 1), 1_200), undefined);
  t.equal(descriptorShortage(config(1_000, 100, 2), 1_000), undefined, 'each worker has its share');
  t.equal(descriptorShortage(config(1, 1, 1)), undefined);
});
