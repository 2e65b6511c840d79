import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort } from '../fixtures/redis-server.ts';

t.teardown(hangUp);

const BIN = fileURLToPath(new URL('../../bin/cacheside', import.meta.url));
const origin = await startOrigin((_req, res) => void res.setHeader('cache-control', 'max-age=600').end('x'));
t.teardown(() => origin.close());

type Stream = number | 'pipe' | 'ignore';

/** Runs bin/cacheside with these as standard output and error; `shell`: what is done to them behind its call. */
async function start(t: Test, stdout: Stream, stderr: Stream, shell = '') {
  const url = `http://127.0.0.1:${await freePort()}`;
  const adminUrl = `http://127.0.0.1:${await freePort()}`;
  const args = ['--upstream', origin.url, '--listen', url.slice(7), '--admin-listen', adminUrl.slice(7)];
  // tap's own loader cannot load an executable without an extension.
  const command = `exec env -u NODE_OPTIONS "$@" ${shell}`;
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, BIN, ...args], {
    stdio: ['ignore', stdout, stderr],
  });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await until(() =>
    send({ url: `${adminUrl}/readyz` }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  return {
    child,
    /** Asks so often, for paths as long as this. */
    async ask(times: number, length = 1) {
      const path = `/${'x'.repeat(length)}`;
      for (let i = 0; i < times; i += 20) {
        const statuses = await Promise.all(
          Array.from({ length: 20 }, () => send({ url: url + path }).then(({ status }) => status)),
        );
        if (statuses.some((status) => status !== 200)) throw new Error(`it answered ${statuses}`);
      }
    },
    async dropped() {
      const { text } = await send({ url: `${adminUrl}/metrics` });
      return Number(/^cacheside_log_lines_dropped_total (\d+)/m.exec(text)?.[1]);
    },
    async stop() {
      for (const each of [url, adminUrl]) hangUp(each);
      child.kill('SIGTERM');
      return (await ended)[0];
    },
  };
}

function residentMiB({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** A pipe of which both ends are ours, so that nobody is waited for. */
function fifo(t: Test): number {
  const path = `${t.testdir()}/pipe`;
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(fd));
  return fd;
}

/** One that is full. Each process has its own: to start one makes the pipe block for all. */
function crammed(t: Test): number {
  const fd = fifo(t);
  try {
    for (;;) writeSync(fd, 'x'.repeat(1024));
  } catch {
    return fd;
  }
}

/** What stands in a pipe by now. */
function drain(fd: number): string {
  const buffer = Buffer.alloc(1 << 20);
  let text = '';
  for (;;) {
    try {
      text += buffer.toString('latin1', 0, readSync(fd, buffer));
    } catch {
      return text;
    }
  }
}

const startOnBoth = (t: Test, fd: number) => start(t, fd, fd);

t.test('standard output and error that are closed, or full, when it starts', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const rows = [
    { id: 'both closed', running: await start(t, 'ignore', 'ignore', '>&- 2>&-') },
    { id: 'both on a full disk', running: await start(t, full, full) },
    { id: 'error is a full pipe', running: await start(t, 'ignore', crammed(t)) },
    { id: 'both are the same full pipe', running: await startOnBoth(t, crammed(t)) },
  ];
  for (const { id, running } of rows) {
    await running.ask(200);
    t.equal(await running.stop(), 0, id);
  }
});

t.test('a log whose reader goes away', async (t) => {
  const running = await start(t, 'pipe', 'pipe');
  const { stdout, stderr } = running.child;
  if (stdout !== null) await once(stdout, 'data');
  stdout?.destroy();
  stderr?.destroy();
  await running.ask(400);
  await until(async () => (await running.dropped()) > 300);
  t.equal(await running.stop(), 0);
});

t.test('a log that nobody reads for a while: bounded, and told of afterwards', async (t) => {
  const pipe = fifo(t);
  const running = await start(t, pipe, 'ignore');
  await running.ask(1_000, 7_000);
  const before = residentMiB(running.child);
  await running.ask(2_000, 7_000);
  t.ok(residentMiB(running.child) < before + 24, 'no memory grows with it');
  const dropped = await running.dropped();
  t.ok(dropped > 1_000, `${dropped} lines are lost`);
  let text = '';
  await until(async () => {
    text += drain(pipe);
    await delay(5);
    return /are missing/.test(text);
  });
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const told = lines.find(({ msg }) => /are missing/.test(msg));
  t.match(told, { level: 'warn' });
  t.ok(told.lines >= dropped, `${told.lines} of ${dropped}`);
  t.equal(await running.stop(), 0);
});
