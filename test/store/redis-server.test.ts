import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startRedis } from '../fixtures/redis-server.ts';

async function ping(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('PING\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

t.test('starts, stops, restarts on the same port', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  t.equal(await ping(redis.port), '+PONG\r\n');
  const first = redis.pid;
  await redis.kill();
  t.equal(alive(first), false);
  await t.rejects(ping(redis.port));
  await redis.restart();
  t.not(redis.pid, first);
  t.equal(await ping(redis.port), '+PONG\r\n');
});

t.test('a paused server can be stopped', async (t) => {
  const redis = await startRedis();
  redis.pause();
  await redis.stop();
  t.equal(alive(redis.pid), false);
});

t.test('a server that does not start is an error with its log', async (t) => {
  await t.rejects(startRedis({ args: ['--no-such-option', 'x'] }), /ended with code[\s\S]*no-such-option/);
});

t.test('a process killed outright leaves no server behind', async (t) => {
  const source = `
    const { startRedis } = await import(${JSON.stringify(fileURLToPath(new URL('../fixtures/redis-server.ts', import.meta.url)))});
    console.log((await startRedis()).pid);
    setInterval(() => {}, 1000);`;
  const child = execFile(process.execPath, ['--import=tsx', '--input-type=module', '-e', source]);
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('no stdout');
  const [line] = (await once(child.stdout, 'data')) as [string];
  const pid = Number(line);
  t.equal(alive(pid), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const until = Date.now() + 2000;
  while (alive(pid) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(alive(pid), false);
});
