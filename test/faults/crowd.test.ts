import { Agent, request } from 'node:http';
import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { pause, start } from '../proxy/start.ts';

const CROWD = 500;
const ROUTE = 'routes: [{ match: "/*", ttl: 60s }]\n';

/** Sends this many requests at once, each on a connection of its own, and waits until all are sent. */
function crowd(t: Test, url: string, headersOf: (i: number) => Record<string, string> = () => ({})) {
  const agent = new Agent({ keepAlive: true, maxSockets: CROWD });
  t.teardown(() => agent.destroy());
  let arrived = 0;
  const answers = Array.from(
    { length: CROWD },
    (_, i) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const req = request(url, { agent, headers: headersOf(i) }, (res) => {
          let text = '';
          res.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
          res.on('error', reject);
        });
        req.on('finish', () => arrived++).on('error', reject);
        req.end();
      }),
  );
  return { answers, sent: () => eventually(() => arrived === CROWD, 10_000) };
}

/** Until the upstream was asked as often as it will be: nothing new for a while. */
async function quiet(count: () => number): Promise<number> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await pause(250);
  }
  return count();
}

t.test('500 cold requests are one upstream request', async (t) => {
  const waiting: (() => void)[] = [];
  const { origin, sidecar } = await start(t, ROUTE, (_req, res) => void waiting.push(() => res.end('one')));
  const { answers, sent } = crowd(t, `${sidecar.url}/a`);
  await sent();
  await quiet(() => origin.requests.length);
  for (const answer of waiting) answer();
  t.ok((await Promise.all(answers)).every(({ status, text }) => status === 200 && text === 'one'));
  t.equal(origin.requests.length, 1);
});

t.test('of four variants, they are four', async (t) => {
  const { origin, sidecar } = await start(t, ROUTE, (req, res) => {
    res.setHeader('vary', 'accept-language');
    setTimeout(() => res.end(`in ${req.headers['accept-language']}`), 100);
  });
  const language = (i: number) => ['de', 'en', 'fr', 'it'][i % 4] as string;
  const { answers } = crowd(t, `${sidecar.url}/a`, (i) => ({ 'accept-language': language(i) }));
  const all = await Promise.all(answers);
  t.ok(
    all.every(({ text }, i) => text === `in ${language(i)}`),
    'each got its own',
  );
  t.equal(origin.requests.length, 4);
});

t.test('with an answer that cannot be shared, all go at once', async (t) => {
  for (const [id, fields] of Object.entries({
    private: { 'cache-control': 'private' },
    cookie: { 'set-cookie': 'a=b' },
    'vary: *': { vary: '*' },
  })) {
    t.test(id, async (t) => {
      let together = 0;
      let most = 0;
      const { origin, sidecar } = await start(t, ROUTE, (_req, res) => {
        most = Math.max(most, ++together);
        res.writeHead(200, fields).flushHeaders();
        setTimeout(() => {
          together--;
          res.end('own');
        }, 300);
      });
      const { answers } = crowd(t, `${sidecar.url}/a`);
      t.ok((await Promise.all(answers)).every(({ text }) => text === 'own'));
      t.equal(origin.requests.length, CROWD);
      // 128 connections by default: more cannot be at the upstream together.
      t.ok(most > 60, `${most} at once`);
    });
  }
});

t.test('a leader whose client leaves costs no more than one', async (t) => {
  const waiting: (() => void)[] = [];
  const { origin, sidecar } = await start(t, ROUTE, (_req, res) => void waiting.push(() => res.end('one')));
  const leader = sidecar.connect();
  leader.send(`GET /a HTTP/1.1\r\nHost: 127.0.0.1:${sidecar.port}\r\n\r\n`);
  await origin.received(1);
  const { answers, sent } = crowd(t, `${sidecar.url}/a`);
  await sent();
  await quiet(() => origin.requests.length);
  leader.socket.destroy();
  await quiet(() => origin.requests.length);
  for (const answer of waiting) answer();
  t.ok((await Promise.all(answers)).every(({ status, text }) => status === 200 && text === 'one'));
  t.ok(origin.requests.length <= 2, `${origin.requests.length} requests`);
});

t.test('an upstream that fails is not asked by each in turn', async (t) => {
  const { origin, sidecar } = await start(t, ROUTE, (_req, res, count) => {
    setTimeout(() => (count <= 2 ? res.destroy() : res.end('recovered')), 50);
  });
  const { answers } = crowd(t, `${sidecar.url}/a`);
  const all = await Promise.all(answers);
  t.equal(all.filter(({ status }) => status === 502).length, 2, 'the two who led while it failed');
  t.equal(origin.requests.length, 3);
});

t.test('where each request must be validated, nobody queues for another', async (t) => {
  let held = true;
  const waiting: (() => void)[] = [];
  const { origin, ask, sidecar } = await start(t, 'routes: [{ match: "/*" }]\n', (req, res, count) => {
    const known = req.headers['if-none-match'] === '"a"';
    res.writeHead(known ? 304 : 200, { etag: '"a"', 'cache-control': 'no-cache' });
    const answer = () => void res.end(known ? undefined : 'one');
    if (count === 1 || !held) answer();
    else waiting.push(answer);
  });
  await ask('/a');
  const { answers, sent } = crowd(t, `${sidecar.url}/a`);
  await sent();
  await quiet(() => origin.requests.length);
  t.equal(waiting.length, 1, 'the first might be able to answer for all');
  waiting.pop()?.();
  await quiet(() => origin.requests.length);
  // 128 connections by default: more cannot be at the upstream together.
  t.ok(waiting.length > 60, `${waiting.length} at once`);
  held = false;
  for (const answer of waiting) answer();
  t.ok((await Promise.all(answers)).every(({ status, text }) => status === 200 && text === 'one'));
  t.equal(origin.requests.length, CROWD + 1);
});
