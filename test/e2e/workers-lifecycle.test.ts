import { once } from 'node:events';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startNode } from '../fixtures/node-process.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort } from '../fixtures/redis-server.ts';
import { ask, askAll, askMany, isRunning, pidsOf, statsOf, untilManned } from './crew.ts';

t.teardown(hangUp);

async function startCached(t: Test) {
  const origin = await startOrigin((_req, res) => {
    res.setHeader('cache-control', 'max-age=600');
    res.end('x');
  });
  t.teardown(() => origin.close());
  return origin;
}

t.test('a purge is not acknowledged over a worker that hangs', async (t) => {
  const origin = await startCached(t);
  const cacheside = await startCacheside(['--upstream', origin.url, '--workers', '2']);
  t.teardown(() => cacheside.stop());
  await askAll(cacheside, '/p');
  const [hung = 0, other = 0] = await pidsOf(cacheside);
  process.kill(hung, 'SIGSTOP');
  const statsAt = performance.now();
  const { workers } = await statsOf(cacheside);
  t.ok(performance.now() - statsAt < 2_500, 'figures do not wait for it');
  t.same(workers.map(({ answers }) => answers).sort(), [false, true]);
  let isDead = false;
  const purged = cacheside.admin('/purge', { method: 'POST', json: { url: '/p' } }).then((response) => {
    isDead = !isRunning(hung);
    return response;
  });
  await askMany(cacheside, '/q', 4);
  t.equal((await purged).status, 200);
  t.ok(isDead, 'it was ended before the receipt');
  t.ok(isRunning(other));
  await untilManned(cacheside, 2, [hung]);
  await cacheside.child.line(/"signal":"SIGKILL","why":".*\(settle\).*","msg":"a worker has ended"/);
});

t.test('a worker that dies under load is replaced, and the rest go on', async (t) => {
  const origin = await startCached(t);
  const cacheside = await startCacheside(['--upstream', origin.url, '--workers', '2']);
  t.teardown(() => cacheside.stop());
  await askAll(cacheside, '/p');
  const [victim = 0] = await pidsOf(cacheside);
  let asking = true;
  let failed = 0;
  let answered = 0;
  const clients = Array.from({ length: 8 }, async () => {
    while (asking) {
      await ask(cacheside, '/p').then(
        () => answered++,
        () => failed++,
      );
    }
  });
  await until(async () => answered > 50);
  process.kill(victim, 'SIGKILL');
  await untilManned(cacheside, 2, [victim]);
  const before = answered;
  await until(async () => answered > before + 50);
  asking = false;
  await Promise.all(clients);
  t.ok(failed <= 8, `${failed} of ${answered + failed} failed: those on its connections at most`);
  await cacheside.child.line(/"level":"error".*"signal":"SIGKILL","msg":"a worker has ended"/);
});

t.test('SIGTERM for the whole group lets every worker finish its requests', async (t) => {
  const waiting: (() => void)[] = [];
  const origin = await startOrigin((req, res) => {
    if (req.url === '/new') res.end();
    else waiting.push(() => res.end('done'));
  });
  t.teardown(() => origin.close());
  const cacheside = await startCacheside(['--upstream', origin.url, '--workers', '3']);
  t.teardown(() => cacheside.stop());
  const pids = await pidsOf(cacheside);
  const answers = Promise.all(Array.from({ length: 20 }, (_, i) => ask(cacheside, `/slow/${i}`)));
  await origin.received(20);
  for (const pid of [cacheside.child.pid, ...pids]) process.kill(pid, 'SIGTERM');
  await until(() =>
    ask(cacheside, '/new').then(
      () => false,
      () => true,
    ),
  );
  t.ok(cacheside.child.running);
  for (const finish of waiting) finish();
  t.same(new Set(await answers), new Set(['done']));
  t.equal(await cacheside.child.exited, 0);
  t.notOk(pids.some(isRunning), 'no worker is left');
});

t.test('a second signal does not wait', async (t) => {
  const origin = await startOrigin(() => {});
  t.teardown(() => origin.close());
  const cacheside = await startCacheside(['--upstream', origin.url, '--workers', '2']);
  t.teardown(() => cacheside.stop());
  const pids = await pidsOf(cacheside);
  const cut = ask(cacheside, '/never').catch(() => 'cut');
  await origin.received(1);
  cacheside.child.signal('SIGTERM');
  await cacheside.child.line(/stopping/);
  cacheside.child.signal('SIGINT');
  t.equal(await cut, 'cut');
  t.equal(await cacheside.child.exited, 1);
  await until(async () => !pids.some(isRunning));
});

t.test('no worker outlives its primary', async (t) => {
  const origin = await startCached(t);
  const cacheside = await startCacheside(['--upstream', origin.url, '--workers', '3']);
  const pids = await pidsOf(cacheside);
  t.equal(pids.length, 3);
  cacheside.child.signal('SIGKILL');
  await until(async () => !pids.some(isRunning));
  t.pass('all are gone');
});

t.test('an address that is taken is one error, not a crash loop', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const address = holder.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const admin = `127.0.0.1:${await freePort()}`;
  const upstream = ['--upstream', 'http://127.0.0.1:9', '--workers', '3'];
  const child = startNode([
    'bin/cacheside',
    ...upstream,
    '--listen',
    `127.0.0.1:${port}`,
    '--admin-listen',
    admin,
  ]);
  t.equal(await child.exited, 1);
  const told = child.lines.filter((line) => line.includes('in use'));
  t.equal(told.length, 1, child.lines.join('\n'));
  t.match(told[0], `cannot listen on 127.0.0.1:${port}`);
});
