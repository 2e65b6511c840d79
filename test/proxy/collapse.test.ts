import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import type { Answer } from '../fixtures/sidecar.ts';
import { settled } from '../fixtures/stats.ts';
import { pause, start } from './start.ts';

const ROUTE = 'routes: [{ match: "/*", ttl: 60s, max-body: 1MiB }]\n';
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
/** Holds the given answer back until it is called. */
const held = () => {
  const waiting: (() => void)[] = [];
  return {
    hold: (answer: () => void) => void waiting.push(answer),
    release: () => waiting.splice(0).map((go) => go()),
  };
};

t.test('200 simultaneous misses are one upstream request', async (t) => {
  const gate = held();
  const { origin, sidecar, ask } = await start(t, ROUTE, (_req, res) => gate.hold(() => res.end('shared')));
  const wires = times(200, () => sidecar.connect());
  await Promise.all(wires.map(({ socket }) => once(socket, 'connect')));
  for (const wire of wires) wire.send('GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await origin.received(1);
  // Refused at the door, behind all of them.
  for (let i = 0; i < 3; i++) t.equal((await ask('/%00', { alone: true })).status, 400);
  gate.release();
  const texts = await Promise.all(wires.map((wire) => wire.until(/shared$/)));
  t.equal(origin.requests.length, 1);
  const statuses = texts.flatMap((text) => text.match(/^Cache-Status: .*$/gm) ?? []);
  t.equal(statuses.filter((status) => status.includes('; collapsed')).length, 199);
});

t.test('an answer that cannot be shared does not serialise them, and is remembered', async (t) => {
  let running = 0;
  let most = 0;
  const { origin, ask } = await start(t, ROUTE, (_req, res) => {
    most = Math.max(most, ++running);
    res.setHeader('cache-control', 'private');
    res.flushHeaders();
    setTimeout(() => {
      running--;
      res.end('own');
    }, 100);
  });
  await Promise.all(times(20, (i) => ask(`/connections/${i}`)));
  most = 0;
  await Promise.all(times(20, () => ask('/a')));
  t.equal(origin.requests.length, 40);
  t.equal(most, 20, 'all of them at once, before the first is complete');
  most = 0;
  await Promise.all(times(20, () => ask('/a')));
  t.equal(most, 20, 'nobody waits for a first one');
});

t.test('a leader that fails costs one more', async (t) => {
  for (const failure of ['reset', 'status 500', 'truncated']) {
    t.test(failure, async (t) => {
      const { origin, ask } = await start(t, ROUTE, (_req, res, count) => {
        if (count > 1) return void setTimeout(() => res.end('second'), 30);
        setTimeout(() => {
          if (failure === 'reset') return res.destroy();
          if (failure === 'status 500') return res.writeHead(500).end('failed');
          res.writeHead(200, { 'content-length': 10 });
          res.write('fir', () => res.destroy());
        }, 50);
      });
      const leader = ask('/a').then(
        ({ status }) => status,
        () => 'cut',
      );
      await origin.received(1);
      const followers = await Promise.all(times(20, () => ask('/a')));
      t.equal(await leader, { reset: 502, 'status 500': 500, truncated: 'cut' }[failure]);
      t.ok(followers.every(({ text }) => text === 'second'));
      t.equal(origin.requests.length, 2);
    });
  }
});

t.test("a leader's client that leaves mid-fill takes nobody with it", async (t) => {
  for (const stage of ['before the head', 'inside the body']) {
    t.test(stage, async (t) => {
      const gate = held();
      const { origin, sidecar, ask } = await start(t, ROUTE, (_req, res) => {
        if (stage === 'inside the body') res.write('first ');
        gate.hold(() => res.end('last'));
      });
      const leader = sidecar.connect();
      leader.send('GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await origin.received(1);
      if (stage === 'inside the body') await leader.until(/first/);
      const follower = ask('/a', { headers: { host: 'a.test' } });
      await pause(50);
      leader.socket.destroy();
      await pause(50);
      gate.release();
      t.match(await follower, { status: 200, text: /last$/, cacheStatus: /collapsed/ });
      t.equal(origin.requests.length, 1);
    });
  }
});

t.test('a client that leaves before the head, with nobody waiting, ends the upstream request', async (t) => {
  let gone = false;
  const { origin, sidecar } = await start(t, ROUTE, (_req, res) => {
    res.on('close', () => {
      gone = true;
    });
  });
  const wire = sidecar.connect();
  wire.send('GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await origin.received(1);
  wire.socket.destroy();
  await eventually(() => gone);
  t.pass('the origin saw it');
});

t.test("a slow leader's client does not hold its followers", async (t) => {
  const body = Buffer.alloc(16 << 20, 'x');
  const route = 'memory: 256MiB\nroutes: [{ match: "/*", ttl: 60s, max-body: 32MiB }]\n';
  const { origin, sidecar, ask } = await start(t, route, (_req, res) => void res.end(body));
  const slow = sidecar.connect();
  slow.send('GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await slow.until(/200 OK/);
  slow.socket.pause();
  await origin.received(1);
  await pause(50);
  const { body: got, cacheStatus } = await ask('/a', { headers: { host: 'a.test' } });
  t.equal(got.length, body.length);
  t.match(cacheStatus, /collapsed/);
  t.equal(origin.requests.length, 1);
});

t.test('a follower waits only so long', async (t) => {
  const route = 'routes: [{ match: "/*", ttl: 60s, collapse-timeout: 50ms }]\n';
  const gate = held();
  const { origin, ask } = await start(t, route, (_req, res, count) => {
    if (count === 1) gate.hold(() => res.end('first'));
    else res.end(`answer ${count}`);
  });
  const leader = ask('/a');
  await origin.received(1);
  t.match(await ask('/a'), { text: 'answer 2' });
  gate.release();
  t.match(await leader, { text: 'first' });
});

t.test('a purge during a fill holds', async (t) => {
  for (const how of ['purge', 'unsafe method']) {
    t.test(how, async (t) => {
      const gate = held();
      const { origin, sidecar, ask } = await start(t, ROUTE, (req, res, count) => {
        if (req.method === 'DELETE') return void res.end();
        res.write('answer ');
        if (count === 1) gate.hold(() => res.end('1'));
        else res.end(`${count}`);
      });
      const first = ask('/a');
      await origin.received(1);
      if (how === 'purge') await sidecar.purge({ all: true });
      else await ask('/a', { method: 'DELETE' });
      gate.release();
      t.match(await first, { text: 'answer 1' });
      t.match(await ask('/a'), { text: /answer [23]/, cacheStatus: /fwd=uri-miss/ });
    });
  }
});

t.test('bodies that are passed on and not stored', async (t) => {
  const route = 'routes: [{ match: "/*", ttl: 60s, max-body: 1000B }]\n';
  const handlers: Record<string, (res: ServerResponse) => void> = {
    '/announced': (res) => res.setHeader('content-length', 1_001).end('x'.repeat(1_001)),
    '/chunked': (res) => {
      res.write('x'.repeat(600));
      res.end('x'.repeat(600));
    },
    '/close-delimited': (res) => {
      res.socket?.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end');
    },
  };
  const { origin, ask } = await start(t, route, (req, res) => handlers[req.url ?? '']?.(res));
  for (const path of Object.keys(handlers)) {
    const first: Answer = await ask(path);
    t.equal(first.status, 200, path);
    t.notMatch((await ask(path)).cacheStatus, /hit/);
  }
  t.equal(origin.requests.length, 6);
});

t.test('one that fits to the byte is stored', async (t) => {
  const route = 'routes: [{ match: "/*", ttl: 60s, max-body: 1000B }]\n';
  const { ask } = await start(t, route, (_req, res) => {
    res.write('x'.repeat(600));
    res.end('x'.repeat(400));
  });
  await ask('/a');
  t.match(await ask('/a'), { cacheStatus: /hit/, text: 'x'.repeat(1000) });
});

t.test('what was fetched while Redis was asked is not fetched again', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const document = `redis: { url: '${redis.url}', command-timeout: 400ms }\n${ROUTE}`;
  const { origin, sidecar, ask } = await start(t, document, (_req, res) => void res.end('once'));
  await settled(sidecar);
  redis.pause();
  const first = ask('/a');
  await pause(200);
  const answers = await Promise.all([first, ask('/a')]);
  t.ok(answers.every(({ text }) => text === 'once'));
  const told = answers.map(({ cacheStatus }) => cacheStatus).sort();
  t.match(told, [/fwd=uri-miss.*stored/, /; hit/], 'whichever did not wait');
  t.equal(origin.requests.length, 1);
});
