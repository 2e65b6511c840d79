import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { type Running, start } from './run.ts';

/** An upstream on loopback that ends with the test. */
async function upstream(t: Test, handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const FREE = ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];

async function listening(t: Test, running: Running): Promise<{ proxy: string; admin: string }> {
  t.teardown(() => running.child.kill('SIGKILL'));
  const [, proxy = '', admin = ''] = await running.until(
    /cacheside \S+: (http:\S+) in front of \S+, admin (\S+)/,
  );
  return { proxy, admin };
}

function request(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, resolve).on('error', reject));
}

t.test('an upstream alone is enough; SIGTERM ends it', async (t) => {
  const url = await upstream(t, (_, response) => response.end('hello'));
  const running = start(['--upstream', url, ...FREE]);
  const { proxy, admin } = await listening(t, running);
  t.equal(await text(await request(`${proxy}/a`)), 'hello');
  t.equal((await request(`${admin}/healthz`)).statusCode, 200);
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.finished;
  t.equal(code, 0);
  for (const line of stdout.trim().split('\n'))
    t.type(JSON.parse(line), 'object', 'standard output is the log');
});

t.test('SIGHUP takes over routes; a bad file keeps the running ones', async (t) => {
  const url = await upstream(t, (_, response) => response.end('hello'));
  const file = `${t.testdir({})}/proxy.yaml`;
  const write = (name: string) =>
    writeFileSync(file, `upstream: ${url}\nroutes:\n  - {${name}: r, match: /a, ttl: 1m}\n`);
  write('name');
  const running = start(['serve', '-c', file, ...FREE]);
  const { proxy } = await listening(t, running);
  const cacheStatus = async () => {
    const response = await request(`${proxy}/a`);
    response.resume();
    return String(response.headers['cache-status']);
  };
  t.match(await cacheStatus(), /fwd=/);
  t.match(await cacheStatus(), /hit/);

  write('nam');
  running.child.kill('SIGHUP');
  await running.until(/proxy\.yaml:3:6 routes\[0\]\.nam: unknown key/);
  await running.until(/kept the running configuration/);
  t.match(await cacheStatus(), /hit/, 'still there');

  write('name');
  running.child.kill('SIGHUP');
  await running.until(/reloaded/);
  t.match(await cacheStatus(), /hit/, 'the same rule keeps what it stored');
});

t.test('SIGHUP before the port listens waits for it', async (t) => {
  // It accepts and says nothing, so that the start waits for it.
  const redis = net.createServer(() => {}).listen(0, '127.0.0.1');
  await once(redis, 'listening');
  const url = await upstream(t, (_, response) => response.end('hello'));
  const file = `${t.testdir({})}/proxy.yaml`;
  const write = (name: string) =>
    writeFileSync(file, `upstream: ${url}\nroutes:\n  - {name: ${name}, match: /a, ttl: 1m}\n`);
  write('before');
  const { port } = redis.address() as AddressInfo;
  const running = start(['-c', file, '--redis', `redis://127.0.0.1:${port}`, ...FREE]);
  t.teardown(() => redis.close());
  const [socket] = await once(redis, 'connection');
  t.teardown(() => socket.destroy());
  write('after');
  running.child.kill('SIGHUP');
  await listening(t, running);
  const [, routes] = await running.until(/"routes":(\[.*?\]).*configuration reloaded/);
  t.equal(routes, '["after"]');
});

t.test('a drain lets a request finish; a second signal does not wait', async (t) => {
  for (const forced of [false, true]) {
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      void upstream(t, (_, response) => {
        response.write('first ');
        release = () => response.end('last');
        resolve();
      }).then((url) => started(url));
    });
    let started: (url: string) => void = () => {};
    const url = await new Promise<string>((resolve) => {
      started = resolve;
    });
    const running = start(['--upstream', url, ...FREE]);
    const { proxy } = await listening(t, running);
    const response = await request(`${proxy}/slow`);
    await arrived;
    running.child.kill('SIGTERM');
    await running.until(/stopping/);
    if (forced) running.child.kill('SIGTERM');
    else release();
    const body = await text(response).catch(() => 'cut');
    t.equal(body, forced ? 'cut' : 'first last');
    t.equal((await running.finished).code, forced ? 1 : 0);
  }
});

t.test('an address that is taken', async (t) => {
  const url = await upstream(t, (_, response) => response.end());
  const { host } = new URL(await upstream(t, (_, response) => response.end()));
  for (const flags of [
    ['--listen', host, '--admin-listen', 'off'],
    ['--listen', '127.0.0.1:0', '--admin-listen', host],
  ]) {
    const { code, stderr } = await start(['--upstream', url, ...flags]).finished;
    t.equal(code, 1);
    t.match(stderr, new RegExp(`cannot listen on ${host}: the port is in use – `));
    t.notMatch(stderr, /\n\s+at /);
  }
});
