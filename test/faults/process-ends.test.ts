import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startNode } from '../fixtures/node-process.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort } from '../fixtures/redis-server.ts';

t.teardown(hangUp);

const BIN = fileURLToPath(new URL('../../bin/cacheside', import.meta.url));
/** What a process is given beforehand: a mistake of its own, made at this signal. */
const PLANT = (signal: string, mistake: string) =>
  `data:text/javascript,process.on('${signal}',()=>{${mistake}})`;

let release = () => {};
const origin = await startOrigin((req, res) => {
  if (req.url === '/slow') {
    res.write('first');
    release = () => res.end('-last');
  } else if (req.url?.startsWith('/later')) setTimeout(() => res.end('later'), 200);
  else res.setHeader('cache-control', 'max-age=600').end('x');
});
t.teardown(() => origin.close());

/** The whole answer to one request, however it ends. */
async function ask(url: string, path: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  let text = '';
  socket.on('data', (more: string) => {
    text += more;
  });
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

function fileOf(t: Test, text: string): string {
  const file = `${t.testdir()}/cacheside.yaml`;
  writeFileSync(file, text);
  return file;
}

t.test('signals that mean nothing, and files that cannot be read, leave it as it is', async (t) => {
  const text = `upstream: ${origin.url}\nroutes: [{ name: kept, match: /kept, ttl: 60s }]\n`;
  const file = fileOf(t, text);
  const cacheside = await startCacheside(['-c', file]);
  t.teardown(() => cacheside.stop());
  const { child } = cacheside;
  await cacheside.get('/kept');
  const told = (pattern: RegExp) => until(() => child.lines.some((line) => pattern.test(line)));

  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
    child.signal(signal);
    await told(new RegExp(`"signal":"${signal}"`));
  }
  for (const signal of ['SIGPIPE', 'SIGWINCH', 'SIGURG'] as const) child.signal(signal);
  t.notOk(
    child.lines.some((line) => line.includes('Debugger')),
    'no port is opened for debuggers',
  );

  const remove = () => rmSync(file, { recursive: true, force: true });
  const rows: readonly { id: string; make: () => void; tells: RegExp }[] = [
    { id: 'gone', make: () => {}, tells: /there is no file/ },
    { id: 'a folder', make: () => mkdirSync(file), tells: /is a folder/ },
    {
      id: 'a pipe without a writer',
      make: () => execFileSync('mkfifo', [file]),
      tells: /upstream.*is missing/,
    },
    {
      id: 'of 100 MB',
      make() {
        writeFileSync(file, '');
        truncateSync(file, 100_000_000);
      },
      tells: /larger than 8 MiB/,
    },
    { id: 'of 4 MB', make: () => writeFileSync(file, '#'.repeat(4_000_000)), tells: /larger than 1 MiB/ },
    { id: 'cut off', make: () => writeFileSync(file, text.slice(0, -8)), tells: /cacheside.yaml:\d+:\d+/ },
    { id: 'of zeros', make: () => writeFileSync(file, '\0'.repeat(1000)), tells: /cacheside.yaml:1:/ },
    { id: 'an alias bomb', make: () => writeFileSync(file, bomb(text)), tells: /alias/ },
  ];
  for (const { id, make, tells } of rows) {
    remove();
    make();
    const seen = child.lines.length;
    const at = performance.now();
    child.signal('SIGHUP');
    await until(() => child.lines.slice(seen).some((line) => /kept the running configuration/.test(line)));
    t.ok(performance.now() - at < 2_000, `${id}: at once`);
    t.match(child.lines.slice(seen).join('\n'), tells, id);
    t.match(await cacheside.get('/kept'), { status: 200, cacheStatus: /hit/ }, id);
  }
  remove();
  writeFileSync(file, text);
  child.signal('SIGHUP');
  await told(/configuration reloaded/);
  child.signal('SIGSTOP');
  child.signal('SIGCONT');
  t.match(await cacheside.get('/kept'), { cacheStatus: /hit/ });
});

function bomb(text: string): string {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
  return `${text}l0: &l0 [x]\n${levels.join('\n')}\n`;
}

t.test('a mistake that nothing caught is logged, and what is under way finishes', async (t) => {
  for (const [id, mistake, workers] of [
    ['thrown', 'throw new Error("planted")', '1'],
    ['a promise', 'Promise.reject(new Error("planted"))', '1'],
    ['thrown in a worker', 'if(process.channel)throw new Error("planted")', '2'],
  ] as const) {
    const [proxy, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const args = ['--upstream', origin.url, '--listen', proxy, '--admin-listen', admin, '--workers', workers];
    const child = startNode(['--import', PLANT('SIGWINCH', mistake), BIN, ...args]);
    t.teardown(() => child.stop());
    await child.line(/in front of/);
    const before = origin.requests.length;
    const slow = ask(`http://${proxy}`, '/slow');
    await origin.received(before + 1);
    const pids = [child.pid, ...childrenOf(child.pid)];
    for (const pid of pids) process.kill(pid, 'SIGWINCH');
    await child.line(/"level":"fatal".*planted.*a mistake of Cacheside/);
    release();
    t.match(await slow, /first\r\n[\s\S]*-last\r\n0\r\n\r\n$/, id);
    if (workers === '1') t.equal(await child.exited, 1, id);
    else {
      await child.line(/"code":1.*a worker has ended/);
      await child.line(/a worker was replaced/);
      t.match(await ask(`http://${proxy}`, '/x'), /^HTTP\/1.1 200 /, id);
    }
  }
});

/** Of workers, and of those that npm's or tap's own wrappers start none. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

t.test('a stop while it starts, and an address that is taken', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const address = holder.address();
  const taken = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  // It takes connections and says nothing: the start waits half a second for it.
  const redis = `redis://${taken}`;
  const free = async () => `127.0.0.1:${await freePort()}`;
  const upstream = ['--upstream', origin.url];
  for (const workers of ['1', '2']) {
    const listen = ['--listen', await free(), '--admin-listen', await free(), '--workers', workers];
    const child = startNode([BIN, ...upstream, ...listen, '--redis', redis]);
    const connected = once(holder, 'connection');
    await connected;
    child.signal('SIGTERM');
    t.equal(await child.exited, 0, `${workers} workers: SIGTERM during the start`);
  }
  const rows = [
    { id: 'port', args: ['--listen', taken, '--admin-listen', await free()] },
    { id: 'admin port', args: ['--listen', await free(), '--admin-listen', taken] },
  ];
  for (const { id, args } of rows) {
    const child = startNode([BIN, ...upstream, ...args]);
    t.equal(await child.exited, 1, id);
    t.match(child.lines.join('\n'), `cannot listen on ${taken}: the port is in use`, id);
  }
});

t.test('answers that came while it was suspended count, whatever time has passed', async (t) => {
  for (const [i, limits] of [
    'timeout: 700ms',
    'head-timeout: 700ms',
    'head-timeout: 700ms, fast-reader: false',
  ].entries()) {
    const cacheside = await startCacheside([
      '-c',
      fileOf(t, `upstream: { url: "${origin.url}", ${limits} }\n`),
    ]);
    t.teardown(() => cacheside.stop());
    await cacheside.get('/warm');
    const before = origin.requests.length;
    const answers = Array.from({ length: 10 }, (_, n) => ask(cacheside.url, `/later/${i}/${n}`));
    await origin.received(before + 10);
    cacheside.child.signal('SIGSTOP');
    await delay(1_000);
    cacheside.child.signal('SIGCONT');
    for (const answer of await Promise.all(answers)) t.match(answer, /^HTTP\/1.1 200 /, limits);
  }
});

t.test('a configuration from a pipe', async (t) => {
  const args = ['--listen', `127.0.0.1:${await freePort()}`, '--admin-listen', 'off'];
  const command = `(sleep 0.2; echo 'upstream: ${origin.url}') | exec "$@" -c /dev/stdin`;
  const out = execFileSync(
    'sh',
    [
      '-c',
      `${command} & pid=$!; sleep 2; kill $pid; wait`,
      'sh',
      'env',
      '-u',
      'NODE_OPTIONS',
      process.execPath,
      BIN,
      ...args,
    ],
    {
      encoding: 'utf8',
    },
  );
  t.match(out, /"msg":"start"/);
});
